import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leaveEvidence, readEvidence, wordsWithout } from "../../../ops/readiness/evidence.ts";
import { registerReadiness } from "../../../ops/readiness.ts";
import { runCommand } from "../run-command.ts";

describe("evidence", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-evidence-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is left as a file of its own each time, with the command that made it, and is read again", () => {
    const made = { name: "prove-loss", ok: true, figures: { minutes: 2, lost: 0, worstMs: Number.NEGATIVE_INFINITY } };
    leaveEvidence(join(dir, "new"), "npm run prove:loss", made, ["--minutes", "2", "--evidence", dir]);
    const { evidence, unread } = readEvidence(join(dir, "new"));
    expect(unread).toEqual([]);
    expect(evidence).toMatchObject([
      { name: "prove-loss", ok: true, command: "npm run prove:loss -- --minutes 2", figures: { minutes: 2, lost: 0 } },
    ]);
    expect(Object.keys(evidence[0]?.figures ?? {})).toEqual(["minutes", "lost"]);
  });

  it("is not left where no folder was named", () => {
    leaveEvidence(undefined, "npm run sim", { name: "sim", ok: true, figures: {} }, []);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("that cannot be read is named, and keeps nobody from reading the rest", () => {
    writeFileSync(join(dir, "a.json"), "{");
    writeFileSync(join(dir, "b.json"), JSON.stringify({ v: 2 }));
    leaveEvidence(dir, "npm run sim", { name: "sim", ok: true, figures: {} }, []);
    const { evidence, unread } = readEvidence(dir);
    expect([evidence.length, unread.length]).toEqual([1, 2]);
    expect(readEvidence(join(dir, "nowhere"))).toEqual({ evidence: [], unread: [] });
  });

  it("is taken out of a command's words in either form", () => {
    expect(wordsWithout(["a", "--evidence", "x", "b", "--evidence=y"], "--evidence")).toEqual(["a", "b"]);
  });

  it("that is missing makes tandem readiness end with 1", async () => {
    const { code, stdout } = await runCommand(registerReadiness, ["readiness", "--evidence", dir, "--json"]);
    expect(code).toBe(1);
    const said = JSON.parse(stdout);
    expect(said.ready).toBe(false);
    expect(said.promises).toHaveLength(10);
  });
});
