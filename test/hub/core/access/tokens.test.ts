import { expect, it } from "vitest";
import { type PushToken, PushTokens, whyNotWrite } from "../../../../hub/core/access/tokens.ts";
import type { Group } from "../../../../hub/core/group-path.ts";

const token: PushToken = {
  name: "pc2/TutorAgent",
  sha256: "0".repeat(64),
  jobs: ["tutor", "tutor-*"],
  machines: ["pc2"],
};
const group = (job: string, machine?: string): Group => [
  ["job", job],
  ["instance", "a"],
  ...(machine === undefined ? [] : [["machine", machine] as [string, string]]),
];

it.each([
  ["tutor", "pc2", undefined],
  ["tutor", undefined, undefined],
  ["tutor-gpu", "pc2", undefined],
  ["tutors", "pc2", "the token of pc2/TutorAgent writes no group of job tutors"],
  ["tutor", "mainpc", "the token of pc2/TutorAgent writes no group of machine mainpc"],
  ["tutor", "", "the token of pc2/TutorAgent writes no group of machine "],
])("a token for tutor and tutor-* of pc2 and a group of job %s, machine %s: %s", (job, machine, why) => {
  expect(whyNotWrite(token, group(job, machine))).toBe(why);
});

it("a token without machines writes its jobs for any, and one of the job * every job", () => {
  const { machines: _, ...anywhere } = token;
  expect(whyNotWrite(anywhere, group("tutor", "mainpc"))).toBeUndefined();
  expect(whyNotWrite({ ...anywhere, jobs: ["*"] }, group("anything"))).toBeUndefined();
});

it("a file with a token in clear, of no job, or with a word that no token has is refused", () => {
  const file = (change: object) => PushTokens.safeParse({ v: 1, tokens: [{ ...token, ...change }] }).success;
  expect([file({}), file({ sha256: "secret" }), file({ jobs: [] }), file({ token: "secret" })]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
