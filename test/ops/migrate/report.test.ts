import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { markdownOf, reportOf, requireFolder, tryReport, writeReport } from "../../../ops/migrate/report.ts";
import { waiting } from "../../../ops/migrate/state.ts";

const report = reportOf(
  {
    batch: "pc2 4",
    outcome: "stopped",
    states: [
      {
        ...waiting("pc2/A", "pc2 4", 0),
        stage: "done",
        tookMs: 12_345,
        baseline: { samples: 4, latencyP95Ms: 1.26, aroundMs: 1 },
      },
      {
        ...waiting("pc2/B", "pc2 4", 0),
        stage: "undone",
        why: "watch: not well | really",
        notes: ["nothing to compare"],
      },
      waiting("pc2/C", "pc2 4", 0),
    ],
    blocked: new Map([["pc2/C", "it needs pc2/B"]]),
  },
  { beganAt: "2026-01-02T03:04:05.000Z", endedAt: "2026-01-02T03:05:05.000Z", by: "ops@desk", site: "the site" },
);

it("a report names who was migrated, who was taken back and why, and who waits in vain", () => {
  const text = markdownOf(report);
  expect(text).toContain("1 of 3 agents migrated, 1 taken back. It was stopped at the first breach");
  expect(text).toContain("| pc2/A | done | 12.3 s | 1.3 ms |  |");
  expect(text).toContain("| pc2/B | undone |  |  | watch: not well \\| really |");
  expect(text).toContain("| pc2/C | waiting |  |  | it needs pc2/B |");
  expect(text).toContain("- **pc2/B**: watch: not well | really");
  expect(text).toContain("- pc2/B: nothing to compare");
});

it("a report is written for people and for programs, under a name that sorts by time", () => {
  const folder = mkdtempSync(join(tmpdir(), "tandem-report-"));
  try {
    const path = writeReport(join(folder, "reports"), report);
    expect(path).toBe(join(folder, "reports", "2026-01-02T030405-pc2-4.md"));
    expect(JSON.parse(readFileSync(path.replace(/md$/, "json"), "utf8"))).toEqual(report);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("a folder that cannot be made is refused with what to do, and a report that cannot be written is said and not thrown", () => {
  const folder = mkdtempSync(join(tmpdir(), "tandem-report-"));
  try {
    const taken = join(folder, "taken");
    expect(() => requireFolder(join(folder, "reports"))).not.toThrow();
    writeFileSync(taken, "");
    expect(() => requireFolder(taken)).toThrow(`no report can be written into ${taken}: EEXIST`);
    expect(tryReport(taken, report)).toEqual({ why: expect.stringContaining("EEXIST") });
    expect(tryReport(join(folder, "reports"), report)).toEqual({ path: expect.stringMatching(/pc2-4\.md$/) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
