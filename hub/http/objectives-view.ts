/** One objective as the hub tells of it: what was counted, what is left of its budget, and how fast that burns. */
import { type ObjectiveBook, sumOfDays } from "../core/objectives/book.ts";
import { budgetLeft, burningBy, ratesOf } from "../core/objectives/burn.ts";
import type { Objective } from "../core/objectives/config.ts";
import { minuteOf, minutesOfDay } from "../core/objectives/minute-ring.ts";
import type { ObjectiveView } from "./objectives-json.ts";

const minuteMs = 60_000;

export function viewOf(objective: Objective, book: ObjectiveBook, wallMs: number): ObjectiveView {
  const now = minuteOf(wallMs);
  const days = book.days(now);
  const counts = sumOfDays(days, objective.windowDays, now);
  const rates = ratesOf(objective, (from, to) => book.between(from, to), now);
  return {
    name: objective.name,
    target: objective.target,
    windowDays: objective.windowDays,
    ...counts,
    availability: counts.total === 0 ? null : (counts.total - counts.bad) / counts.total,
    budgetLeft: rounded(budgetLeft(objective, counts)),
    // What decides nothing here is to decide nothing elsewhere: a Prometheus alerts by these, too.
    burnRates: rates.map(({ window, rate, decides }) => ({
      window,
      rate: rate === null || !decides ? null : rounded(rate),
    })),
    burning: burningBy(rates),
    days: days.map(({ day, count }) => ({ day: dateOf(day), ...count })),
  };
}

const dateOf = (day: number): string => new Date(day * minutesOfDay * minuteMs).toISOString().slice(0, 10);
/** The floating point's last digits say nothing. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
