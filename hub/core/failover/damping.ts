/** Makes a service that moves to and fro wait longer at each turn before it goes home. */
import type { FailoverLimits } from "./limits.ts";

export interface Flaps {
  count: number;
  /** When the last one was. */
  atMs: number;
}

/** A service left its home, or could not get there, and nobody had ordered it. */
export function countFlap(flaps: Flaps | undefined, atMs: number, limits: FailoverLimits): Flaps {
  return { count: (remember(flaps, atMs, limits)?.count ?? 0) + 1, atMs };
}

/** How long the home must have been well before the service goes back: doubled by each flap after the first. */
export function failbackWaitMs(flaps: Flaps | undefined, atMs: number, limits: FailoverLimits): number {
  const count = remember(flaps, atMs, limits)?.count ?? 0;
  const waitMs = limits.failbackAfterMs * 2 ** Math.max(0, count - 1);
  return Math.max(limits.failbackAfterMs, Math.min(waitMs, limits.failbackAtMostMs));
}

function remember(flaps: Flaps | undefined, atMs: number, limits: FailoverLimits): Flaps | undefined {
  return flaps === undefined || atMs - flaps.atMs >= limits.flapMemoryMs ? undefined : flaps;
}
