/**
 * Judges from beats whether something lives. Silence makes it suspect, then dead; a port that refuses shortens the wait,
 * because the kernel has said what silence only hints at; time in which the judge itself stood still is forgiven.
 */
import type { DetectorLimits } from "./limits.ts";
import type { Judgement, Verdict } from "./verdict.ts";

export type DetectorEvent =
  /**
   * A beat or an answer came by this path. `old`: another path brought it before, so that it proves no life, only the path.
   * `stuck`: it says of its sender that it stands still.
   */
  | { type: "heard"; path: string; atMs: number; old?: boolean; stuck?: boolean }
  /** The other side's kernel closed or refused the connection of this path. */
  | { type: "refused"; path: string; atMs: number }
  /** Time passed. `references`: whether anything else answers, where that is known. */
  | { type: "tick"; atMs: number; references?: "answer" | "silent" };

interface PathState {
  heardAtMs: number | undefined;
  /** The first refusal since this path was heard. */
  refusedAtMs: number | undefined;
}

export interface DetectorState {
  paths: Readonly<Record<string, PathState>>;
  judgement: Judgement;
  /** The last proof of life by any path; undefined before the first. */
  heardAtMs: number | undefined;
  /** When watching began: something never heard is measured from there. */
  startedAtMs: number;
  tickedAtMs: number;
  /** When all of these refuse after they were heard, nothing is left that could speak. */
  decisive: readonly string[];
  /** Whether the last that was heard said so of itself. */
  stuck: boolean;
  /** As the last tick said. */
  references: "answer" | "silent";
}

/**
 * All times are monotonic ms of one clock. Starts `suspect`: nothing is alive before it was heard.
 *
 * @param decisive paths whose refusals together leave no doubt. @default none
 */
export function startDetector(paths: readonly string[], atMs: number, decisive: readonly string[] = []): DetectorState {
  return {
    paths: Object.fromEntries(paths.map((path) => [path, { heardAtMs: undefined, refusedAtMs: undefined }])),
    judgement: { verdict: "suspect", sinceMs: atMs, reason: "not heard yet" },
    heardAtMs: undefined,
    startedAtMs: atMs,
    tickedAtMs: atMs,
    decisive,
    stuck: false,
    references: "answer",
  };
}

export function stepDetector(state: DetectorState, event: DetectorEvent, limits: DetectorLimits): DetectorState {
  switch (event.type) {
    case "heard": {
      const { path, atMs, old = false, stuck = false } = event;
      const heard = setPath(forgiveOwnStall(state, atMs, limits), path, { heardAtMs: atMs, refusedAtMs: undefined });
      return judge(old ? heard : { ...heard, heardAtMs: atMs, stuck }, atMs, limits);
    }
    case "refused": {
      const awake = forgiveOwnStall(state, event.atMs, limits);
      const { heardAtMs, refusedAtMs = event.atMs } = awake.paths[event.path] ?? {};
      return judge(setPath(awake, event.path, { heardAtMs, refusedAtMs }), event.atMs, limits);
    }
    case "tick": {
      const awake = forgiveOwnStall(state, event.atMs, limits);
      return judge({ ...awake, references: event.references ?? "answer", tickedAtMs: event.atMs }, event.atMs, limits);
    }
  }
}

/** Silence over all paths, ms. */
export function silentMs(state: DetectorState, atMs: number): number {
  return atMs - (state.heardAtMs ?? state.startedAtMs);
}

function judge(state: DetectorState, atMs: number, limits: DetectorLimits): DetectorState {
  const { verdict, reason } = verdictOf(state, atMs, limits);
  return verdict === state.judgement.verdict ? state : { ...state, judgement: { verdict, sinceMs: atMs, reason } };
}

function verdictOf(state: DetectorState, atMs: number, limits: DetectorLimits): { verdict: Verdict; reason: string } {
  const silent = silentMs(state, atMs);
  const refused = refusedPaths(state, limits);
  const { decisive } = state;
  if (
    decisive.length > 0 &&
    decisive.every((path) => refused.includes(path) && state.paths[path]?.heardAtMs !== undefined)
  )
    return { verdict: "dead", reason: `${decisive.join(" and ")} refused` };

  // Paths differ in pace: on the slow ones two beats may still be under way; later ones would have been heard.
  const deadAfterMs = refused.length > 0 ? 4 * limits.heartbeatMs : limits.deadAfterMs;
  const suspectAfterMs = refused.length > 0 ? 2 * limits.heartbeatMs : limits.suspectAfterMs;
  const reason = refused.length > 0 ? `${refused.join(" and ")} refused` : `silent for ${Math.round(silent)} ms`;
  if (silent >= deadAfterMs) return { verdict: state.references === "silent" ? "isolated" : "dead", reason };
  if (silent >= suspectAfterMs || state.heardAtMs === undefined) return { verdict: "suspect", reason };
  return state.stuck ? { verdict: "dead", reason: "its main loop stands still" } : { verdict: "alive", reason: "" };
}

/**
 * A refusal speaks for the whole hub until another path is heard after it; a beat may have been under way when it came.
 * Without this a port that refuses for ever would leave a living hub the time of four beats on its other paths.
 */
function refusedPaths(state: DetectorState, limits: DetectorLimits): string[] {
  const lastMs = state.heardAtMs ?? state.startedAtMs;
  return Object.keys(state.paths).filter((path) => {
    const refusedAtMs = state.paths[path]?.refusedAtMs;
    return refusedAtMs !== undefined && lastMs <= refusedAtMs + limits.heartbeatMs / 2;
  });
}

/**
 * A tick that is overdue means that this process stood still, and beats may lie unread in its sockets: what a loop takes up
 * first then may be an old one.
 */
function forgiveOwnStall(state: DetectorState, atMs: number, limits: DetectorLimits): DetectorState {
  const stallMs = atMs - state.tickedAtMs - 2 * limits.heartbeatMs;
  if (stallMs <= 0) return state;
  const shift = (ms: number | undefined) => (ms === undefined ? undefined : Math.min(atMs, ms + stallMs));
  return {
    ...state,
    heardAtMs: shift(state.heardAtMs),
    startedAtMs: Math.min(atMs, state.startedAtMs + stallMs),
    tickedAtMs: atMs,
  };
}

function setPath(state: DetectorState, path: string, value: PathState): DetectorState {
  return { ...state, paths: { ...state.paths, [path]: value } };
}
