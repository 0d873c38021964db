/** Two scenarios at the same time, drawn at random: the second begins while the first stands. */
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "./random.ts";
import type { Deed, Scenario, Times } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const draws = 50;
const longestBetweenMs = 2_000;

/** Undefined when no two of them leave each other's things alone. */
export function pairOfDeeds(
  scenarios: readonly Scenario[],
  stage: Stage,
  random: Random,
  times: Times,
): { name: string; deed: Deed } | undefined {
  if (scenarios.length < 2) return undefined;
  for (let draw = 0; draw < draws; draw++) {
    const first = random.pick(scenarios);
    const second = random.pick(scenarios);
    const [one, other] = [first.deed(stage, random, times), second.deed(stage, random, times)];
    if (first === second || overlap(one.holds, other.holds)) continue;
    return { name: `${first.name} + ${second.name}`, deed: both(one, other, random.between(0, longestBetweenMs)) };
  }
  return undefined;
}

/** A machine is in the way of each of its processes. */
function overlap(one: readonly string[], other: readonly string[]): boolean {
  const touches = (a: string, b: string) => a === b || a.startsWith(`${b} `) || b.startsWith(`${a} `);
  return one.some((a) => other.some((b) => touches(a, b)));
}

/** What is to be noticed is left out: one fault may hide the other. So is whoever may die: with two at once, anybody may look so. */
export function both(one: Deed, other: Deed, betweenMs: number): Deed {
  return {
    says: `${one.says}; after ${betweenMs} ms ${other.says}`,
    holds: [...one.holds, ...other.holds],
    expects: [],
    mayDie: [...one.mayDie, ...other.mayDie],
    holdMs: Math.max(one.holdMs, betweenMs + other.holdMs),
    begin: async (signal) => {
      await one.begin(signal);
      await pause(betweenMs, undefined, { signal });
      await other.begin(signal);
    },
    undo: async () => {
      const undone = await Promise.allSettled([one, other].map(async (deed) => await deed.undo()));
      const failed = undone.find((outcome) => outcome.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };
}
