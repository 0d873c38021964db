import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { accessFiles } from "../../components/access-conf.ts";
import { readAccessTokens } from "../../components/agent-secrets.ts";
import { hubTuning } from "../../components/hub-tuning.ts";
import { Machine } from "../../components/machine.ts";
import type { Site } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { HubConfig } from "../../hub/config.ts";
import { OperatorTokens, PushTokens } from "../../hub/core/access/tokens.ts";
import { named, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleBundles } from "./sample-bundles.ts";

const access = {
  push: [
    { name: "pc2/TutorAgent", tokenSecret: "tutor", jobs: ["tutor", "tutor-*"], machines: ["pc2"] },
    { name: "backup", tokenSecret: "backup", jobs: ["backup"] },
  ],
  operators: [{ name: "ann", tokenSecret: "ann" }],
};
const tokens = {
  tutor: "tutor 0123456789 0123456789 0123456789",
  backup: "backup 0123456789 0123456789 0123456789",
  ann: "ann 0123456789 0123456789 0123456789\n",
};
const hashOf = (token: string) => createHash("sha256").update(token.trim()).digest("hex");
const siteOf = (value: unknown): Site => parseStackConfig({ ...stackValues("pc2"), access: value }, "pc2");

async function made(site: Site, given: Record<string, string>) {
  const recorded = await recordResources("pc2");
  const fleet = { inventories: [], batches: [], agents: [] };
  const machine = new Machine("pc2", { site, fleet, bundles: sampleBundles(), accessTokens: given });
  await settled(machine);
  return recorded;
}

it("what a stack says of access is what its hub reads, by the hashes of the tokens", () => {
  const site = siteOf(access);
  expect(HubConfig.shape.access.parse(hubTuning(site).access)).toEqual({
    pushTokensFile: "/etc/tandem/access/push-tokens.json",
    operatorTokensFile: "/etc/tandem/access/operator-tokens.json",
  });
  const files = accessFiles(site, tokens);
  expect(PushTokens.parse(JSON.parse(files["push-tokens.json"] ?? "")).tokens).toEqual([
    { name: "pc2/TutorAgent", sha256: hashOf(tokens.tutor), jobs: ["tutor", "tutor-*"], machines: ["pc2"] },
    { name: "backup", sha256: hashOf(tokens.backup), jobs: ["backup"] },
  ]);
  expect(OperatorTokens.parse(JSON.parse(files["operator-tokens.json"] ?? "")).tokens).toEqual([
    { name: "ann", sha256: hashOf(tokens.ann) },
  ]);
  expect(hubTuning(siteOf({}))).not.toHaveProperty("access");
});

it("the files reach the machine by encrypted standard input, and no token is in any resource", async () => {
  const recorded = await made(siteOf(access), tokens);
  for (const token of Object.values(tokens))
    expect(recorded.filter(({ inputs }) => JSON.stringify(inputs).includes(token.trim()))).toEqual([]);
  for (const [file, token] of [
    ["push-tokens", tokens.tutor],
    ["operator-tokens", tokens.ann],
  ] as const) {
    const holders = recorded.filter(({ inputs }) => JSON.stringify(inputs).includes(hashOf(token)));
    expect(holders.map((each) => each.name)).toEqual([`pc2-access-${file}-write`]);
    expect(holders[0]?.secrets).toContain("stdin");
  }
  expect(named(recorded, "tandem-pc2-hub").inputs.mounts).toContainEqual({
    type: "bind",
    source: "/etc/tandem/secrets/access",
    target: "/etc/tandem/access",
    readOnly: true,
  });
});

it("a token that the stack does not have is named with how to set it, before the hub is made", async () => {
  await expect(made(siteOf(access), { ...tokens, ann: undefined as never })).rejects.toThrow(
    "access of pc2 names the token ann, but the stack has none of this name",
  );
});

it("a token of two holders, a pusher without jobs and a token in clear are refused by their keys", () => {
  const refused = (change: object) => () => siteOf({ ...access, ...change });
  expect(refused({ operators: [{ name: "ann", tokenSecret: "tutor" }] })).toThrow(
    /access\.operators\[0\]\.tokenSecret.*tutor is access\.push\[0\]'s already/,
  );
  expect(refused({ push: [{ name: "a", tokenSecret: "a", jobs: [] }] })).toThrow(/access\.push\[0\]\.jobs/);
  expect(refused({ operators: [{ name: "ann", token: "secret-in-clear" }] })).toThrow(/access\.operators\[0\]/);
  expect(refused({ operators: [{ name: "ann", token: "secret-in-clear" }] })).not.toThrow(/secret-in-clear/);
});

it("a token that might be guessed, that two names have, or that stands in plain text, is refused without being repeated", async () => {
  await recordResources("pc2", { accessTokens: { ann: "short-secret" } }, ["accessTokens"]);
  expect(() => readAccessTokens()).toThrow(
    /^tandem:accessTokens in Pulumi\.pc2\.yaml: the token ann has fewer than 32/,
  );
  expect(() => readAccessTokens()).not.toThrow(/short-secret/);
  const twice = { ...tokens, bob: tokens.ann.trim() };
  await recordResources("pc2", { accessTokens: twice }, ["accessTokens"]);
  expect(() => readAccessTokens()).toThrow(/Pulumi\.pc2\.yaml: ann and bob have one and the same token/);
  expect(() => readAccessTokens()).not.toThrow(/0123456789/);
  await recordResources("pc2", { accessTokens: tokens });
  expect(() => readAccessTokens()).toThrow(
    /^tandem:accessTokens in Pulumi\.pc2\.yaml: its values stand there in plain text/,
  );
});
