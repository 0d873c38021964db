import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fault } from "../support/fault.ts";
import { prove } from "./loss/run.ts";
import { toText } from "./loss/summary.ts";

describe("nothing acknowledged is lost", { timeout: 240_000 }, () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-loss-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("holds for 20 s of kills, freezes, cuts and a full disk under 8 clients (seed 20)", async ({ task }) => {
    const said: string[] = [];
    const { signal } = new AbortController();
    const summary = await prove({ seed: 20, faultsMs: 20_000, dir, say: (line) => said.push(line), signal });
    expect(summary.ok, [...said, toText(summary)].join("\n")).toBe(true);
    // A run that met no fault, or got no push through, would prove nothing.
    expect(Object.keys(summary.faults).length).toBeGreaterThan(5);
    expect(summary.pushes.peer).toBeGreaterThan(0);
    expect(summary.pushes.local).toBeGreaterThan(0);
    expect(summary.records).toBeGreaterThanOrEqual(summary.pushes.peer + summary.pushes.local);
    fault(task, "hub-killed", {
      faults: Object.values(summary.faults).reduce((sum, count) => sum + count, 0),
      acknowledged: summary.pushes.peer + summary.pushes.local,
      lost: summary.lost.length,
      equalAfterMs: summary.longestSettleMs,
    });
  });
});
