/** What the charts of the last day show, and each of them in a line of words. Pure. */
import type { HistoryView } from "../http/history-json.ts";
import { numberText } from "./words.ts";

export interface ChartFacts {
  /** The series in the history. */
  name: string;
  title: string;
  unit: string;
  /** Values, the oldest first; null where nothing is known. */
  values: (number | null)[];
  tone: "well" | "watch" | "trouble" | "unknown";
  text: string;
}

const charts = [
  { name: "pushes", title: "Pushes a second", unit: "/s", tone: "well" },
  { name: "uncopied", title: "Records with one copy", unit: "", tone: "watch" },
  { name: "unhealthy", title: "Unhealthy agents", unit: "", tone: "trouble" },
  { name: "lag", title: "Lag of the hub's loop", unit: " ms", tone: "unknown" },
] as const;

/** Of the series that this hub tells. */
export function chartsOf({ series }: Pick<HistoryView, "series">): ChartFacts[] {
  return charts.flatMap((chart) => {
    const values = series[chart.name];
    return values === undefined ? [] : [{ ...chart, values, text: textOf(values, chart.unit) }];
  });
}

/** The newest of so many steps is now: the last one may have been told before all of it was looked at. */
const nowSteps = 3;

function textOf(values: readonly (number | null)[], unit: string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return "nothing is known yet";
  const last = values.slice(-nowSteps).findLast((value) => value !== null);
  const now = last === undefined ? "not known now" : `${shortText(last)}${unit} now`;
  return `${now}, ${shortText(Math.max(...known))}${unit} at most`;
}

export const shortText = (value: number) =>
  value >= 100 || Number.isInteger(value) ? numberText(Math.round(value)) : value.toFixed(1);
