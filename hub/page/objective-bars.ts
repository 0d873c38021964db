/**
 * Draws 90 days as bars: a full one is a day that kept the promise, and what was lost is taken off in proportion. Worked out once for each
 * answer of the hub and day. Pure but for its memory.
 */
import type { ObjectiveView } from "../http/objectives-json.ts";
import { countText, listText, shareText } from "./words.ts";

export interface DayBar {
  tone: "well" | "watch" | "trouble" | "unknown";
  /** 0 to 10. */
  height: number;
}

export interface Bars {
  bars: DayBar[];
  /** One path for all bars of a tone: 90 elements each would be most of the page. */
  paths: { tone: DayBar["tone"]; line: string }[];
  /** The same in words. */
  text: string;
}

const days = 90;
const dayMs = 86_400_000;
/** Of a day without probes, so that there is something to see. */
const unknownHeight = 1;
const lowest = 2;
/** Of the width of a day, left free at each side. */
const gap = 0.12;

const drawn = new WeakMap<ObjectiveView["days"], Bars & { target: number; day: number }>();

/** The bars, the oldest first. */
export function barsOf(objective: Pick<ObjectiveView, "days" | "target">, nowMs: number): Bars {
  const { days: told, target } = objective;
  const day = Math.floor(nowMs / dayMs);
  const known = drawn.get(told);
  if (known?.day === day && known.target === target) return known;
  const made = { ...draw(objective, nowMs), target, day };
  drawn.set(told, made);
  return made;
}

function draw({ days: told, target }: Pick<ObjectiveView, "days" | "target">, nowMs: number): Bars {
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
  return { bars, paths: pathsOf(bars), text: textOf(told, target) };
}

function pathsOf(bars: readonly DayBar[]): Bars["paths"] {
  const lines = new Map<DayBar["tone"], string>();
  for (const [at, { tone, height }] of bars.entries()) {
    const bar = `M${at + gap} ${10 - height}h${1 - 2 * gap}V10h-${1 - 2 * gap}z`;
    lines.set(tone, (lines.get(tone) ?? "") + bar);
  }
  return [...lines].map(([tone, line]) => ({ tone, line }));
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
