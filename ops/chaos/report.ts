/** What was played as a table for a terminal or as Markdown, with the arithmetic of the month. */
import { align } from "../align.ts";
import { type MonthView, monthMs, windowAvailability } from "./availability.ts";
import type { RunView } from "./run-view.ts";
import type { ShowView } from "./show.ts";

/** Share of a month in which clients are to be served. */
export const bar = 0.999;

const runHead = [
  "scenario",
  "seen",
  "taken over",
  "recovered",
  "errors",
  "outage",
  "lost",
  "window",
  "of it served",
  "",
];
const textColumns = 1;
const monthHead = ["fault", "a month", "runs", "mean window", "mean outage", "outage of a month"];

export function toText(view: ShowView): string {
  return [
    ...align([runHead, ...view.runs.map(runRow)], textColumns),
    ...view.runs.flatMap(({ scenario, problems }) => problems.map((problem) => `${scenario}: ${problem}`)),
    ...view.skipped.map(({ scenario, why }) => `skipped: ${scenario} (${why})`),
    "",
    ...align([monthHead, ...monthRows(view.month)], textColumns),
    monthLine(view.month),
  ].join("\n");
}

export function toMarkdown(view: ShowView, about: string): string {
  const list = (items: string[]) => (items.length === 0 ? ["None."] : items.map((item) => `- ${item}`));
  return [
    "# Chaos on real processes",
    "",
    about,
    "",
    ...markdownTable([runHead.with(-1, "result"), ...view.runs.map(runRow)]),
    "",
    "`seen`: the slowest of what was to be noticed. `outage`: of the worst-off client, its longest. `window`: from the fault until the pair is well and its services are home.",
    "",
    "## Problems",
    "",
    ...list(view.runs.flatMap(({ scenario, problems }) => problems.map((problem) => `${scenario}: ${problem}`))),
    "",
    "## Skipped",
    "",
    ...list(view.skipped.map(({ scenario, why }) => `${scenario}: ${why}`)),
    "",
    "## A month",
    "",
    ...markdownTable([monthHead, ...monthRows(view.month)]),
    "",
    monthLine(view.month),
    "",
  ].join("\n");
}

function runRow(run: RunView): string[] {
  const { scenario, detections, takeovers, recoveryMs, seen, records, windowMs, downMs, problems } = run;
  const moved = (takeovers ?? []).filter(({ movedAfterMs }) => movedAfterMs !== null);
  const unseen = detections.some(({ afterMs }) => afterMs === null);
  const seenMs = Math.max(...detections.map(({ afterMs }) => afterMs ?? 0));
  return [
    scenario,
    detections.length === 0 ? "-" : unseen ? "not seen" : ms(seenMs),
    moved.length === 0 ? "-" : ms(Math.max(...moved.map(({ outageMs }) => outageMs))),
    recoveryMs === null ? "never" : ms(recoveryMs),
    String(seen.reduce((sum, { failed }) => sum + failed, 0)),
    ms(Math.max(0, ...seen.map(({ longestOutageMs }) => longestOutageMs))),
    `${records.lost.length} of ${records.acknowledged}`,
    ms(windowMs),
    percent(windowAvailability(downMs, windowMs)),
    problems.length === 0 ? "ok" : "FAILED",
  ];
}

const monthRows = ({ faults }: MonthView): string[][] =>
  faults.map(({ name, perMonth, runs, meanWindowMs, meanDownMs, downMsOfMonth }) => [
    name,
    String(perMonth),
    String(runs),
    ms(meanWindowMs),
    ms(meanDownMs),
    ms(downMsOfMonth),
  ]);

function monthLine({ downMsOfMonth, availability, availabilityOfWindows }: MonthView): string {
  return (
    `a month: 1 - ${Math.round(downMsOfMonth)} ms / ${monthMs} ms = ${percent(availability)} ` +
    `(bar ${percent(bar)}: ${availability >= bar ? "reached" : "MISSED"}); the windows alone ${percent(availabilityOfWindows)}`
  );
}

function markdownTable([head = [], ...rows]: string[][]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)];
}

const ms = (value: number) => (value >= 10_000 ? `${(value / 1_000).toFixed(1)} s` : `${Math.round(value)} ms`);
const percent = (share: number) => `${(100 * share).toFixed(3)} %`;
