/** Lays rows of cells out in columns for a terminal. */
import { oneLine } from "./one-line.ts";

/** @param textColumns so many stand to the left of their columns, the rest to the right. @default all */
export function align(cells: readonly (readonly string[])[], textColumns = Number.POSITIVE_INFINITY): string[] {
  const rows = cells.map((row) => row.map(oneLine));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < textColumns ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
