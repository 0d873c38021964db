/** Draws 90 days as bars: a full one is a day that kept the promise, and what was lost is taken off in proportion. Pure. */
import type { ObjectiveView } from "../http/objectives-json.ts";
import { countText, listText, shareText } from "./words.ts";

export interface DayBar {
  tone: "well" | "watch" | "trouble" | "unknown";
  /** 0 to 10. */
  height: number;
}

const days = 90;
const dayMs = 86_400_000;
/** Of a day without probes, so that there is something to see. */
const unknownHeight = 1;
const lowest = 2;

/** @returns the bars, the oldest first, and the same in words */
export function barsOf(
  { days: told, target }: Pick<ObjectiveView, "days" | "target">,
  nowMs: number,
): { bars: DayBar[]; text: string } {
  const byDay = new Map(told.map((day) => [day.day, day]));
  const bars = Array.from({ length: days }, (_, at): DayBar => {
    const day = byDay.get(new Date(nowMs - (days - 1 - at) * dayMs).toISOString().slice(0, 10));
    if (day === undefined || day.total === 0) return { tone: "unknown", height: unknownHeight };
    const lost = day.bad / day.total;
    const budget = Math.max(1 - target, Number.EPSILON);
    if (lost <= budget) return { tone: "well", height: 10 };
    // Ten budgets lost in a day leave the lowest bar.
    const height = Math.max(lowest, 10 - (8 * (lost - budget)) / (9 * budget));
    return { tone: lost > 10 * budget ? "trouble" : "watch", height: Math.round(height * 10) / 10 };
  });
  return { bars, text: textOf(told, target) };
}

function textOf(told: ObjectiveView["days"], target: number): string {
  const measured = told.filter(({ total }) => total > 0);
  const missed = measured.filter(({ total, bad }) => bad / total > 1 - target);
  if (measured.length === 0) return "no day was measured yet";
  const kept = `${countText(measured.length, "day")} measured, ${measured.length - missed.length} kept the promise`;
  if (missed.length === 0) return kept;
  const worst = missed.toReversed().map(({ day, total, bad }) => `${day} (${shareText(1 - bad / total, 2)})`);
  return `${kept}; missed on ${listText(worst)}`;
}
