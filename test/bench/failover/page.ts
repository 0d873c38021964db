/** The failover's part of docs/benchmarks.md: the last one, kept when the rest of the page is written anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { benchmarksPage, headings, partIn, withPart } from "../parts.ts";
import { type Measure, rowOf, rowsOf, tableOf } from "./percentile.ts";

/** Rows of measures that did not run this time stay as they are. */
export function writeFailover(measures: readonly Measure[]): void {
  const text = readFileSync(benchmarksPage, "utf8");
  const made = measures.map((measure) => rowOf(measure));
  const kept = rowsOf(partIn(text, headings.failover)).filter(([name]) => !made.some(([other]) => other === name));
  writeFileSync(benchmarksPage, withPart(text, headings.failover, partOf([...kept, ...made])));
}

function partOf(rows: readonly string[][]): string {
  const { model = "" } = cpus()[0] ?? {};
  return [
    headings.failover,
    `By \`npm run bench:failover\`, ${new Date().toISOString().slice(0, 10)}, both machines on one computer (${cpus().length} cores, ${model}).`,
    "A fault is seen when the other hub says so on its event stream, measured from just before the kill or stop. A service answers",
    "again when a client of the other machine's router, who asks every 5 ms, has an answer of the standby. Of fewer than",
    "100 runs the p99 is the longest.",
    "",
    tableOf(rows),
    "",
  ].join("\n");
}
