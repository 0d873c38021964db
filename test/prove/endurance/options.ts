/** How long and how hard a proof of endurance is, and how long a process is watched before its memory is judged. */
import type { EnduranceOptions } from "./run.ts";

export const quickMinutes = 1;
/** Of a run that names none: low enough for any computer. */
const quickPerSecond = 200;
const minuteMs = 60_000;
const secondMs = 1_000;

export function optionsOf({
  minutes,
  perSecond = quickPerSecond,
}: {
  minutes: number;
  perSecond?: number | undefined;
}): Omit<EnduranceOptions, "dir" | "say" | "signal"> {
  return {
    loadMs: minutes * minuteMs,
    perSecond,
    connections: 32,
    shape: { groups: 200, series: 5 },
    everyMs: 10 * secondMs,
    patience: {
      warmUpMs: Math.min(10, minutes / 4) * minuteMs,
      // Half an hour behind the warm-up tells a leak that matters; less than that tells nothing.
      shortestMs: 30 * minuteMs,
      finestMs: minuteMs,
    },
  };
}
