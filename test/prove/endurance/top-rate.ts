/** The load by which docs/benchmarks.md names the most pushes a second for a hub of one pair on one computer. */
import { OperatorError } from "../../../ops/error.ts";

export interface TopRate {
  groups: number;
  series: number;
  connections: number;
  /** Pushes to one hub, whose peer copies them. */
  perSecond: number;
}

const heading = "## Pushes per second";

/** @param page text of docs/benchmarks.md */
export function topRate(page: string): TopRate {
  const [, section = ""] = page.split(`${heading}\n`);
  const [head = [], , ...rows] = (section.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const loads = rows.map((row) => {
    const of = (name: string) => Number(row[head.indexOf(name)]);
    return {
      groups: of("groups"),
      series: of("series"),
      connections: of("connections"),
      perSecond: Math.floor(of("hub")),
    };
  });
  const [top] = loads.filter((load) => Object.values(load).every((value) => value > 0)).toSorted(byRate);
  if (top !== undefined) return top;
  throw new OperatorError(
    "endurance.rate",
    `docs/benchmarks.md has no rate of a hub, with groups, series and connections, under "${heading}"`,
    "Give a rate with --rate, or write the page anew by npm run bench",
  );
}

const byRate = (a: TopRate, b: TopRate) => b.perSecond - a.perSecond;
