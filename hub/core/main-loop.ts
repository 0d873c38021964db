/** Judges from the pulse of a hub's main loop whether it stands still. */

/**
 * No pulse for so long and the loop is stuck, ms: a hub that took all the pushes it could stalled for 274, and clients that are
 * not answered for a second are better served elsewhere.
 */
export const stuckAfterMs = 1_000;

export interface MainLoopState {
  pulsedAtMs: number | undefined;
  /** For how long the judge itself stood still since that pulse, ms: the whole process did then. */
  forgivenMs: number;
}

export const startMainLoop: MainLoopState = { pulsedAtMs: undefined, forgivenMs: 0 };

/** @param sleptMs for how long the judge stood still before this moment */
export function stepMainLoop(
  state: MainLoopState,
  pulsedAtMs: number | undefined,
  sleptMs: number,
  atMs: number,
): MainLoopState {
  if (pulsedAtMs === undefined) return state;
  const before = pulsedAtMs === state.pulsedAtMs ? state.forgivenMs : 0;
  return { pulsedAtMs, forgivenMs: Math.min(before + sleptMs, atMs - pulsedAtMs) };
}

/** One that never beat has only just been started. */
export function isStuck({ pulsedAtMs, forgivenMs }: MainLoopState, atMs: number): boolean {
  return pulsedAtMs !== undefined && atMs - pulsedAtMs - forgivenMs >= stuckAfterMs;
}
