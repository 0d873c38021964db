import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { proveMigration } from "./migration/run.ts";

describe("a migration of a real pair's pilots", { timeout: 240_000 }, () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-migration-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("refuses the wrong inventory, takes back the one that turns ill, and goes on after SIGKILL of command and hub", async () => {
    const proof = await proveMigration({
      dir,
      portOffset: 11_000,
      agents: "pilots",
      faulty: "pc2/UnifiedUtilsAgent",
      killCommandAt: /^pc2\/UnifiedUtilsAgent: cutover/,
      killHubAt: /^pc2\/UnifiedUtilsAgent: watch/,
      run: ["--watch", "3s", "--baseline", "2s"],
      say: () => {},
    });
    expect(proof.problems).toEqual([]);
    expect(proof).toMatchObject({ agents: 4, done: 4 });
  });
});
