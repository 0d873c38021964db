/** The failover's part of docs/benchmarks.md: the last one, kept when the rest of the page is written anew. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { type Measure, rowOf, rowsOf, tableOf } from "./percentile.ts";

const page = join(import.meta.dirname, "..", "..", "..", "docs", "benchmarks.md");
const heading = "## Failover\n";

/** Rows of measures that did not run this time stay as they are. */
export function writeFailover(measures: readonly Measure[]): void {
  const text = readFileSync(page, "utf8");
  const made = measures.map(rowOf);
  const kept = rowsOf(text.slice(text.indexOf(heading))).filter(([name]) => !made.some(([other]) => other === name));
  writeFileSync(page, `${withoutFailover(text)}\n${partOf([...kept, ...made])}`);
}

/** The text, and behind it the failover's part that stands in that file. */
export function withFailoverOf(file: string, text: string): string {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const start = before.indexOf(heading);
  return start === -1 ? text : `${withoutFailover(text)}\n${before.slice(start)}`;
}

function withoutFailover(text: string): string {
  const start = text.indexOf(heading);
  return `${(start === -1 ? text : text.slice(0, start)).trimEnd()}\n`;
}

function partOf(rows: readonly string[][]): string {
  const { model = "" } = cpus()[0] ?? {};
  return [
    heading,
    `By \`npm run bench:failover\`, ${new Date().toISOString().slice(0, 10)}, both machines on one computer (${cpus().length} cores, ${model}).`,
    "A fault is seen when the other hub says so on its event stream, measured from just before the kill or stop. A service answers",
    "again when a client of the other machine's router, who asks every 5 ms, has an answer of the standby. Of fewer than",
    "100 runs the p99 is the longest.",
    "",
    tableOf(rows),
    "",
  ].join("\n");
}
