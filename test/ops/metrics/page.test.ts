import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type KnownMetric, knownMetrics } from "../../../ops/metrics/known-metrics.ts";
import { metricsPage, olderCounters } from "../../../ops/metrics/page.ts";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";

const all = knownMetrics().flatMap(({ metrics }) => metrics);

/** The machine's own metrics are known where the system tells them, which the page was made on. */
describe.runIf(process.platform === "linux")("docs/metrics.md", () => {
  it("says what the programs register; `npm run metrics` writes it anew", () => {
    expect(readFileSync(join(import.meta.dirname, "../../../docs/metrics.md"), "utf8")).toBe(metricsPage());
  });
});

describe("the metrics", () => {
  it("have names of their own, each with the prefix and a sentence", () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(90);
    expect(all.filter(({ name }) => !name.startsWith("tandem_"))).toEqual([]);
    expect(all.filter(({ help }) => !/^\S.{8,}\.$/.test(help))).toEqual([]);
  });

  it("are counters where they end with _total, and only there", () => {
    expect(all.filter(({ name, type }) => name.endsWith("_total") !== (type === "counter"))).toEqual([]);
  });

  it("that say of themselves that they count since the machine started are named on the page as such", () => {
    const named = olderCounters.map(({ name }) => name);
    const ofMachine = all.filter(({ type, help }) => type === "counter" && help.includes("since the machine started"));
    expect(named).toEqual(expect.arrayContaining(ofMachine.map(({ name }) => name)));
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(named));
    for (const name of named) expect(metricsPage()).toContain(`- \`${name}\`: `);
  });

  it("have seconds and bytes as their units, and have them last", () => {
    expect(
      all.filter(({ name }) => /(_ms|_milliseconds|_minutes|_hours|_mib|_mb|_kb|_percent)(_|$)/i.test(name)),
    ).toEqual([]);
    expect(all.filter(({ name }) => /_(seconds|bytes)_(?!total$)/.test(name))).toEqual([]);
  });

  it("are clean to `promtool check metrics`, which finds fault with another one", async () => {
    const promtool = await ensureTool("promtool", () => {});
    const check = (metrics: readonly KnownMetric[]) =>
      execFileSync(promtool, ["check", "metrics"], {
        input: metrics.map(sampleOf).join(""),
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(check(all)).toBe("");
    const odd: KnownMetric = { name: "tandem_odd_total", type: "gauge", help: "Odd.", labelNames: [] };
    expect(() => check([odd])).toThrow(/non-counter metrics should not have "_total" suffix/);
  });
});

/** A series of the metric, since promtool passes over those without one. */
function sampleOf({ name, type, help, labelNames }: KnownMetric): string {
  const pairs = labelNames.map((label) => `${label}="x"`);
  const braces = (...more: string[]) => `{${[...pairs, ...more].join(",")}}`;
  const samples =
    type === "histogram"
      ? `${name}_bucket${braces('le="+Inf"')} 1\n${name}_sum${braces()} 1\n${name}_count${braces()} 1\n`
      : `${name}${braces()} 1\n`;
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples}`;
}
