/** What the history of the last day holds of a moment, in words. Pure. */
import type { HistoryView } from "../../http/history-json.ts";
import { shortText } from "../history-words.ts";

export interface ValueThen {
  title: string;
  text: string;
}

const shown = [
  { name: "unhealthy", title: "Unhealthy agents", unit: "" },
  { name: "degraded", title: "Degraded agents", unit: "" },
  { name: "uncopied", title: "Records with one copy", unit: "" },
  { name: "pushes", title: "Pushes", unit: "/s" },
  { name: "series", title: "Series", unit: "" },
  { name: "lag", title: "Lag of the hub's loop", unit: " ms" },
  { name: "buffer", title: "Buffer lasts", unit: " h" },
] as const;

/** Of the series that this hub tells; `early` before the history begins, `late` after its last step. */
export function valuesAt({ from, stepMs, series }: HistoryView, atMs: number): ValueThen[] | "early" | "late" {
  const step = Math.floor((atMs - Date.parse(from)) / stepMs);
  const length = Math.max(0, ...Object.values(series).map((values) => values.length));
  if (step < 0) return "early";
  if (step >= length) return "late";
  return shown.flatMap(({ name, title, unit }) => {
    const values = series[name];
    if (values === undefined) return [];
    const value = values[step] ?? null;
    return [{ title, text: value === null ? "not known" : `${shortText(value)}${unit}` }];
  });
}
