/** Figures of one measure: how long it took, run by run, and how long it may take. */

export interface Measure {
  name: string;
  /** What p99 is to stay within; undefined where nothing was promised. */
  withinMs: number | undefined;
  tookMs: number[];
  /** Runs in which it did not come at all, or requests that failed where none may. */
  failed: number;
}

/** Nearest rank: the smallest value that at least this share of all stay within. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const isReached = ({ withinMs, tookMs, failed }: Measure): boolean =>
  failed === 0 && tookMs.length > 0 && (withinMs === undefined || percentile(tookMs, 0.99) <= withinMs);

const headOf = (high: number) => ["measure", "runs", "p50", `p${100 * high}`, "longest", "to reach", "failed", ""];
const usual = 0.99;

/** A table in Markdown, which reads in a terminal too. @param high the share between half and all that is told */
export const table = (measures: readonly Measure[], high = usual): string =>
  tableOf(
    measures.map((measure) => rowOf(measure, high)),
    high,
  );

/** The cells of one measure's row. */
export function rowOf(measure: Measure, high = usual): string[] {
  const { name, withinMs, tookMs, failed } = measure;
  const figures = [0.5, high, 1].map((share) =>
    tookMs.length === 0 ? "-" : `${Math.round(percentile(tookMs, share))} ms`,
  );
  const within = withinMs === undefined ? "-" : `${withinMs} ms`;
  return [name, String(tookMs.length), ...figures, within, String(failed), isReached(measure) ? "reached" : "MISSED"];
}

/** The rows that a table holds, cell by cell. */
export const rowsOf = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    )
    .filter(([first]) => first !== headOf(usual)[0] && !first?.startsWith("---"));

export function tableOf(rows: readonly string[][], high = usual): string {
  const head = headOf(high);
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? cell.length), 3),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
