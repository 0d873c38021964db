import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fault } from "../support/fault.ts";
import { proveFsync, toText } from "./fsync/run.ts";

describe("an answer waits for the disk", { timeout: 240_000 }, () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-fsync-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("shows each of 75 pushes synced before its answer where strace is there, and loses nothing with either disk", async ({
    task,
  }) => {
    const findings = await proveFsync(dir);
    expect(findings.ok, toText(findings)).toBe(true);
    if (findings.synced === undefined) process.stderr.write(`${toText(findings).split("\n")[0]}\n`);
    else expect([findings.synced.onBoth + findings.synced.onOne, findings.synced.inSpool]).toEqual([50, 25]);
    const [peer, lost] = [
      findings.lostDisks.map(({ peer }) => peer),
      findings.lostDisks.map(({ lost }) => lost.length),
    ];
    const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
    fault(task, "power-lost", { acknowledged: sum(peer), lost: sum(lost) });
  });
});
