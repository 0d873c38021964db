/** The objectives as a table for a person and as an exit code for a script. Pure. */
import type { ObjectivesView, ObjectiveView } from "../../hub/http/objectives-json.ts";
import { align } from "../align.ts";

export interface Asked {
  url: string;
  /** Undefined when the hub did not answer, or has not read its past back yet. */
  view: ObjectivesView | undefined;
}

const shownWindows = ["5m", "1h", "6h", "3d"];
const textColumns = 1;

/** 0: all are kept. 1: one burns, or its budget is used up. 2: no hub answered. */
export function exitCode(asked: readonly Asked[]): 0 | 1 | 2 {
  const view = viewOf(asked);
  if (view === undefined) return 2;
  return view.objectives.some(({ burning, budgetLeft }) => burning !== "no" || budgetLeft <= 0) ? 1 : 0;
}

/** A line an objective, by the word of the first hub that answers: both count the same, each for itself. */
export function toText(asked: readonly Asked[]): string {
  const view = viewOf(asked);
  const silent = asked.filter((one) => one.view === undefined).map(({ url }) => `no answer from ${url}`);
  if (view === undefined) return silent.join("\n");
  const head = [
    "objective",
    "target",
    "days",
    "probes",
    "bad",
    "availability",
    "budget left",
    ...shownWindows,
    "burning",
  ];
  return [
    ...align([head, ...view.objectives.map(rowOf)], textColumns),
    "",
    `by the hub of ${view.machine}`,
    ...silent,
  ].join("\n");
}

function rowOf({ name, target, windowDays, total, bad, availability, budgetLeft, burnRates, burning }: ObjectiveView) {
  const rates = shownWindows.map((window) => {
    const rate = burnRates.find((each) => each.window === window)?.rate ?? null;
    return rate === null ? "-" : rate.toFixed(1);
  });
  const counts = [windowDays, total, bad].map(String);
  const left = total === 0 ? "-" : share(budgetLeft, 1);
  return [
    name,
    share(target, 3),
    ...counts,
    availability === null ? "-" : share(availability, 4),
    left,
    ...rates,
    burning,
  ];
}

const viewOf = (asked: readonly Asked[]) => asked.find(({ view }) => view !== undefined)?.view;

/** @example 0.9995 → "99.95 %" */
export const share = (value: number, digits: number): string =>
  `${(100 * value).toFixed(digits).replace(/\.?0+$/, "")} %`;
