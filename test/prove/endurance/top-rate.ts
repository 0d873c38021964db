/** The most pushes a second that docs/benchmarks.md names for a hub of one pair on one computer. */
import { OperatorError } from "../../../ops/error.ts";

const heading = "## Pushes per second";
const column = "hub";

/** @param page text of docs/benchmarks.md */
export function topRate(page: string): number {
  const [, section = ""] = page.split(`${heading}\n`);
  const rows = section
    .split("\n## ")[0]
    ?.split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const at = rows?.[0]?.indexOf(column) ?? -1;
  const rates = (rows ?? []).slice(2).flatMap((cells) => Number(cells[at]) || []);
  if (at !== -1 && rates.length > 0) return Math.floor(Math.max(...rates));
  throw new OperatorError(
    "endurance.rate",
    `docs/benchmarks.md has no column "${column}" under "${heading}"`,
    "Give a rate with --rate, or write the page anew by npm run bench",
  );
}
