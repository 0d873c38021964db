import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { headings, partIn, withPart, withPartsOf } from "../parts.ts";
import { isReached, percentile, rowOf, rowsOf, table } from "./percentile.ts";

const measure = { name: "seen", withinMs: 100, tookMs: [30, 10, 20], failed: 0 };

describe("percentiles by nearest rank", () => {
  it("are values that were measured: of 1 to 100 the 50th is 50 and the 99th is 99", () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([50, 99, 100]);
  });

  it("of 50 values the 99th is the longest", () => {
    expect(
      percentile(
        Array.from({ length: 50 }, (_, i) => i),
        0.99,
      ),
    ).toBe(49);
  });
});

describe("the table of the failover", () => {
  it("says reached only when the p99 stays within, nothing failed and something was measured", () => {
    expect(isReached(measure)).toBe(true);
    expect(isReached({ ...measure, tookMs: [10, 101] })).toBe(false);
    expect(isReached({ ...measure, failed: 1 })).toBe(false);
    expect(isReached({ ...measure, tookMs: [] })).toBe(false);
    expect(
      table([measure, { ...measure, name: "late", tookMs: [101] }])
        .split("\n")
        .slice(2),
    ).toEqual([
      "| seen    |    3 |  20 ms |  30 ms |   30 ms |   100 ms |      0 | reached |",
      expect.stringMatching(/^\| late +\| +1 \|.*MISSED \|$/),
    ]);
  });

  it("gives its rows back, so that those of measures that did not run stay", () => {
    expect(rowsOf(`By a command.\n\n${table([measure])}\n`)).toEqual([rowOf(measure)]);
  });

  it("is kept with the page's part behind the rest when that is written anew, and each when the other one is", () => {
    const dir = mkdtempSync(join(tmpdir(), "tandem-page-"));
    const file = join(dir, "page.md");
    const [failover, page] = ["## Failover\n\nfigures\n", "## From event to page\n\nmore\n"];
    writeFileSync(file, `# Old\n\n${failover}\n${page}`);
    expect(withPartsOf(file, "# New\n")).toBe(`# New\n\n${failover}\n${page}`);
    expect(withPartsOf(join(dir, "none.md"), "# New\n")).toBe("# New\n");
    const text = `# Old\n\n${failover}\n${page}`;
    expect(withPart(text, headings.failover, "## Failover\n\n$& anew\n")).toBe(
      `# Old\n\n## Failover\n\n$& anew\n\n${page}`,
    );
    expect(withPart(`# Old\n\n${failover}`, headings.page, page)).toBe(text);
    expect(partIn(withPart(text, headings.page, "## From event to page\n\nanew\n"), headings.page)).toContain("anew");
    rmSync(dir, { recursive: true });
  });
});
