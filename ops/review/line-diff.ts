/** The lines in which two texts differ, with a little of what stands around them. Text in, text out. */

type Line = { sign: " " | "-" | "+"; text: string };

/** More cells than this are not compared, lines before times lines after; then all of the one goes and all of the other comes. */
const mostCells = 4_000_000;

/**
 * A line for each that goes (`-`), comes (`+`) or stands beside one (a blank), and `@@` where some are left out.
 * @param context lines kept around a change @default 2
 */
export function lineDiff(before: string, after: string, context = 2): string[] {
  const lines = compared(before.split("\n"), after.split("\n"));
  const near = (index: number) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== " ");
  const shown: string[] = [];
  let gap = false;
  for (const [index, { sign, text }] of lines.entries()) {
    if (!near(index)) {
      gap = true;
      continue;
    }
    if (gap && shown.length > 0) shown.push("@@");
    gap = false;
    shown.push(`${sign}${text}`);
  }
  return shown;
}

function compared(before: string[], after: string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (lines: string[]): Line[] => lines.map((text) => ({ sign: " ", text }));
  return [
    ...same(before.slice(0, start)),
    ...changed(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** By the longest common subsequence. */
function changed(before: string[], after: string[]): Line[] {
  const width = after.length + 1;
  const all = (sign: "-" | "+", lines: string[]): Line[] => lines.map((text) => ({ sign, text }));
  if (before.length * after.length > mostCells) return [...all("-", before), ...all("+", after)];
  const common = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      common[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      lines.push({ sign: " ", text: before[row] ?? "" });
      row++;
      column++;
    } else if (at(row + 1, column) >= at(row, column + 1)) lines.push({ sign: "-", text: before[row++] ?? "" });
    else lines.push({ sign: "+", text: after[column++] ?? "" });
  }
  return [...lines, ...all("-", before.slice(row)), ...all("+", after.slice(column))];
}
