/** A drill as text for a terminal and as Markdown. Pure. */
import { align } from "../align.ts";
import { bars, type DrillFigures, type Percentiles, type Played } from "./figures.ts";
import type { DrillRecord, KeptDrill } from "./history.ts";

const head = ["fault", "machine", "seen", "failover", "outage", "recovered", "lost"];

export function drillText({ played, figures }: Pick<DrillRecord, "played" | "figures">): string {
  return [...align([head, ...played.map(row)], 2), "", ...summary(figures)].join("\n");
}

export function drillMarkdown({ at, by, played, figures }: DrillRecord, site: string): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    `# Drill of ${at}`,
    "",
    `By ${by}, ${site}.`,
    "",
    line(head),
    line(head.map((_, i) => (i < 2 ? "---" : "---:"))),
    ...played.map((one) => line(row(one))),
    "",
    ...summary(figures).map((text) => `- ${text}`),
    "",
  ].join("\n");
}

export function historyText(kept: readonly KeptDrill[]): string {
  if (kept.length === 0) return "no drill is kept yet";
  const rows = kept.map(({ at, by, figures }) => [
    `${at.slice(0, 16).replace("T", " ")} UTC`,
    `${figures.runs} faults`,
    figures.breaches.length === 0 ? "passed" : `FAILED: ${figures.breaches.join("; ")}`,
    by,
  ]);
  return align(rows, 4).join("\n");
}

function row({
  scenario,
  machine,
  detectionMs,
  failoverMs,
  outageMs,
  recoveryMs,
  acknowledged,
  lost,
}: Played): string[] {
  return [
    scenario,
    machine,
    detectionMs === null ? "not seen" : ms(detectionMs),
    failoverMs === null ? "-" : ms(failoverMs),
    ms(outageMs),
    recoveryMs === null ? "never" : ms(recoveryMs),
    `${lost ?? "?"} of ${acknowledged}`,
  ];
}

function summary({
  runs,
  detectionMs,
  failoverMs,
  outageMs,
  recoveryMs,
  lost,
  acknowledged,
  breaches,
}: DrillFigures): string[] {
  return [
    `${runs} faults: seen after ${spread(detectionMs)}; clients without an answer for ${spread(outageMs)}`,
    `failover ${spread(failoverMs)} (bar ${ms(bars.failoverMs)}); whole again after ${spread(recoveryMs)} (bar ${ms(bars.recoveryMs)})`,
    `${lost} of ${acknowledged} acknowledged pushes lost`,
    ...(breaches.length === 0 ? ["passed"] : breaches.map((breach) => `FAILED: ${breach}`)),
  ];
}

function spread({ p50, p95, max }: Percentiles): string {
  if (p50 === null) return "no figure";
  return `p50 ${ms(p50)}, p95 ${ms(p95 ?? p50)}, at most ${ms(max ?? p50)}`;
}

const ms = (value: number) => (value >= 10_000 ? `${(value / 1_000).toFixed(1)} s` : `${Math.round(value)} ms`);
