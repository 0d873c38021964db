/** An objective that is kept, to be changed by a test. */
import type { ObjectiveView } from "../../hub/http/objectives-json.ts";

export function objective(change: Partial<ObjectiveView> = {}): ObjectiveView {
  return {
    name: "pair",
    target: 0.999,
    windowDays: 30,
    total: 86_400,
    bad: 0,
    availability: 1,
    budgetLeft: 1,
    burnRates: ["5m", "30m", "1h", "2h", "6h", "1d", "3d"].map((window) => ({ window, rate: 0 })),
    burning: "no",
    days: [{ day: "2026-03-01", total: 86_400, bad: 0 }],
    ...change,
  };
}
