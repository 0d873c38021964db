/** How long and how hard a proof of endurance is, and how long a process is watched before its memory is judged. */
import type { EnduranceOptions } from "./run.ts";
import type { TopRate } from "./top-rate.ts";

export const quickMinutes = 1;
/** Of a run that is short: low enough for any computer. */
export const quickPerSecond = 200;
const minuteMs = 60_000;
const secondMs = 1_000;

interface Wanted {
  minutes: number;
  /** Of the benchmarks: one push after the other on each connection, as they were measured. @default `perSecond` */
  top?: TopRate | undefined;
  /** Pushes a second, sent when each is due. @default 200, without `top` */
  perSecond?: number | undefined;
}

export function optionsOf({ minutes, top, perSecond }: Wanted): Omit<EnduranceOptions, "dir" | "say" | "signal"> {
  const { groups, series, connections } = top ?? { groups: 200, series: 5, connections: 64 };
  return {
    loadMs: minutes * minuteMs,
    perSecond: perSecond ?? top?.perSecond ?? quickPerSecond,
    isPaced: perSecond !== undefined || top === undefined,
    connections,
    shape: { groups, series },
    everyMs: 10 * secondMs,
    patience: {
      // At the top rate a stream is full within a quarter of an hour; until then its server grows with it.
      warmUpMs: Math.min(20, minutes / 3) * minuteMs,
      // Half an hour behind the warm-up tells a leak that matters; less than that tells nothing.
      shortestMs: 30 * minuteMs,
      finestMs: minuteMs,
    },
  };
}
