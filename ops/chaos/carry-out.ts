/** Does a deed, lets it stand, and undoes it whatever happens. */
import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../../hub/io/log.ts";
import { monoMs } from "../../hub/io/mono-clock.ts";
import type { Deed } from "./scenario.ts";
import type { Stage } from "./stage.ts";

export interface CarriedOut {
  /** When its undoing began, shared monotonic ms. */
  undoneAtMs: number;
  /** What could not be done or undone. */
  problems: string[];
}

/** Resolves when it is undone; the signal ends its standing. Never throws. */
export async function carryOut(deed: Deed, stage: Stage, signal: AbortSignal): Promise<CarriedOut> {
  const problems: string[] = [];
  try {
    await deed.begin(signal);
    await (deed.lasts?.(signal) ?? pause(deed.holdMs, undefined, { signal }).catch(() => {}));
  } catch (error) {
    problems.push(`could not be done: ${messageOf(error)}`);
  }
  const undoneAtMs = monoMs();
  await undo(deed, stage, problems);
  return { undoneAtMs, problems };
}

/** One that does not come to its end is a problem of the run, and no reason to leave the rest undone. */
async function undo(deed: Deed, stage: Stage, problems: string[]): Promise<void> {
  const deeds = [
    () => deed.undo(),
    // A process that the fault has ended, as a full disk does, comes back as by its engine's restart policy.
    () => stage.revive(stage.machines.flatMap(({ name }) => stage.children(name))),
  ];
  for (const one of deeds) {
    try {
      await one();
    } catch (error) {
      problems.push(`could not be undone: ${messageOf(error)}`);
    }
  }
}
