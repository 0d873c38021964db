import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { sealSession } from "../../../hub/session/session-token.ts";
import { Sessions } from "../../../hub/session/sessions.ts";
import { smallConfig } from "../small-config.ts";

const hourMs = 3_600_000;
let nowMs: number;
let lines: string[];
beforeEach(() => {
  [nowMs, lines] = [1_000_000, []];
});

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "tandem-sessions-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function open(stateDirectory?: string): Promise<Sessions> {
  const config = smallConfig(stateDirectory === undefined ? {} : { stateDirectory });
  const sessions = new Sessions({ config, log: createLog("test", (line) => lines.push(line)), nowMs: () => nowMs });
  await sessions.open();
  return sessions;
}

function signIn(sessions: Sessions, by = "ann@desk") {
  const { code } = sessions.newCode(by) ?? expect.unreachable();
  return sessions.signIn(code) ?? expect.unreachable();
}

it("a code has 128 bits, and a session lasts 12 h", async () => {
  const sessions = await open();
  expect(Buffer.from(sessions.newCode("ann")?.code ?? "", "base64url").length).toBe(16);
  const { token, session } = signIn(sessions);
  expect(session).toMatchObject({ by: "ann@desk", untilMs: nowMs + 12 * hourMs });
  nowMs += 12 * hourMs - 1;
  expect(sessions.sessionOf(token)).toEqual(session);
  nowMs += 1;
  expect(sessions.sessionOf(token)).toBeUndefined();
});

it("a session outlives the hub, and so does that somebody signed out; the file is its user's alone", async () => {
  const dir = scratch();
  const first = await open(dir);
  const [ann, bob] = [signIn(first), signIn(first, "bob")];
  await first.signOut(bob.session);
  const second = await open(dir);
  expect(second.sessionOf(ann.token)).toEqual(ann.session);
  expect([first.sessionOf(bob.token), second.sessionOf(bob.token)]).toEqual([undefined, undefined]);
  expect(statSync(join(dir, "sessions.json")).mode & 0o777).toBe(0o600);
});

it("without a state directory a session ends with the hub", async () => {
  const { token } = signIn(await open());
  expect((await open()).sessionOf(token)).toBeUndefined();
});

it("signing everybody out ends all sessions and all codes that wait, also for the next life of the hub", async () => {
  const dir = scratch();
  const sessions = await open(dir);
  const { token } = signIn(sessions);
  const { code } = sessions.newCode("ann") ?? expect.unreachable();
  const before = readFileSync(join(dir, "sessions.json"), "utf8");
  await sessions.signOutAll();
  expect(sessions.sessionOf(token)).toBeUndefined();
  expect(sessions.signIn(code)).toBeUndefined();
  expect(readFileSync(join(dir, "sessions.json"), "utf8")).not.toBe(before);
  expect((await open(dir)).sessionOf(token)).toBeUndefined();
});

it("a token that was changed anywhere, is another machine's, or sealed by another key, is none", async () => {
  const dir = scratch();
  const sessions = await open(dir);
  const { token, session } = signIn(sessions);
  for (let i = 0; i < token.length; i++) {
    const other = token[i] === "A" ? "B" : "A";
    const changed = `${token.slice(0, i)}${other}${token.slice(i + 1)}`;
    // The last character of base64 may carry bits that say nothing.
    const same = Buffer.from(changed.split(".")[1] ?? "", "base64url").equals(
      Buffer.from(token.split(".")[1] ?? "", "base64url"),
    );
    if (!same || i < token.indexOf(".")) expect(sessions.sessionOf(changed), `${i}`).toBeUndefined();
  }
  for (const odd of ["", ".", "..", `${token}.x`, token.split(".")[0] ?? "", "é".repeat(40)])
    expect(sessions.sessionOf(odd), odd).toBeUndefined();
  const { key } = JSON.parse(readFileSync(join(dir, "sessions.json"), "utf8"));
  expect(sessions.sessionOf(sealSession(session, "pc2", Buffer.from(key, "base64")))).toBeUndefined();
  expect(sessions.sessionOf(sealSession(session, "mainpc", Buffer.alloc(32)))).toBeUndefined();
});

it("beyond 1,000 that signed out before their time, everybody is signed out", async () => {
  const sessions = await open();
  const { token } = signIn(sessions);
  for (let i = 0; i < 1_000; i++) await sessions.signOut({ id: `${i}`, by: "x", untilMs: nowMs + hourMs });
  expect(sessions.sessionOf(token)).toBeDefined();
  await sessions.signOut({ id: "one more", by: "x", untilMs: nowMs + hourMs });
  expect(sessions.sessionOf(token)).toBeUndefined();
});

it("a file that cannot be read is said so, replaced, and signs everybody out", async () => {
  const dir = scratch();
  const { token } = signIn(await open(dir));
  writeFileSync(join(dir, "sessions.json"), '{"v":1,"key":"c2hvcnQ=","signedOut":[]}');
  const sessions = await open(dir);
  expect(sessions.sessionOf(token)).toBeUndefined();
  expect(lines.join()).toContain("sessions.unread");
  const again = signIn(sessions);
  expect((await open(dir)).sessionOf(again.token)).toBeDefined();
});
