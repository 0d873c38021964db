/**
 * Judges from heartbeats whether something lives. Silence makes it suspect, then dead; a port that refuses shortens the
 * wait, because the kernel has said what silence only hints at; time in which the judge itself stood still is forgiven.
 */
import type { DetectorLimits } from "./limits.ts";
import type { Judgement, Verdict } from "./verdict.ts";

export type DetectorEvent =
  /** A heartbeat or an answer came by this path. */
  | { type: "heard"; path: string; atMs: number }
  /** The kernel closed or refused the connection of this path. */
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
  /** When watching began: something never heard is measured from there. */
  startedAtMs: number;
  tickedAtMs: number;
}

/** All times are monotonic ms of one clock. Starts `suspect`: nothing is alive before it was heard. */
export function startDetector(paths: readonly string[], atMs: number): DetectorState {
  return {
    paths: Object.fromEntries(paths.map((path) => [path, { heardAtMs: undefined, refusedAtMs: undefined }])),
    judgement: { verdict: "suspect", sinceMs: atMs, reason: "not heard yet" },
    startedAtMs: atMs,
    tickedAtMs: atMs,
  };
}

export function stepDetector(state: DetectorState, event: DetectorEvent, limits: DetectorLimits): DetectorState {
  switch (event.type) {
    case "heard":
      return judge(setPath(state, event.path, { heardAtMs: event.atMs, refusedAtMs: undefined }), event.atMs, limits);
    case "refused": {
      const { heardAtMs, refusedAtMs = event.atMs } = state.paths[event.path] ?? {};
      return judge(setPath(state, event.path, { heardAtMs, refusedAtMs }), event.atMs, limits);
    }
    case "tick":
      return judge(forgiveOwnStall(state, event.atMs, limits), event.atMs, limits, event.references);
  }
}

/** Silence over all paths, ms. */
export function silentMs(state: DetectorState, atMs: number): number {
  return atMs - lastHeardMs(state);
}

function judge(
  state: DetectorState,
  atMs: number,
  limits: DetectorLimits,
  references: "answer" | "silent" = "answer",
): DetectorState {
  const silent = silentMs(state, atMs);
  const refused = refusedPaths(state, limits);
  // Two heartbeats may be under way on another path when a port starts to refuse; later ones would have been heard.
  const deadAfterMs = refused.length > 0 ? 2 * limits.heartbeatMs : limits.deadAfterMs;
  const suspectAfterMs = refused.length > 0 ? limits.heartbeatMs : limits.suspectAfterMs;

  let verdict: Verdict = "alive";
  if (silent >= deadAfterMs) verdict = references === "silent" ? "isolated" : "dead";
  else if (silent >= suspectAfterMs || !wasHeard(state)) verdict = "suspect";

  const before = state.judgement;
  if (verdict === before.verdict) return state;
  const reason =
    verdict === "alive"
      ? ""
      : refused.length > 0
        ? `${refused.join(" and ")} refused`
        : `silent for ${Math.round(silent)} ms`;
  return { ...state, judgement: { verdict, sinceMs: atMs, reason } };
}

/**
 * A refusal speaks for the whole hub until another path is heard after it; a heartbeat may have been under way when it came.
 * Without this a port that refuses for ever would leave a living hub the time of two heartbeats on its other path.
 */
function refusedPaths(state: DetectorState, limits: DetectorLimits): string[] {
  const lastMs = lastHeardMs(state);
  return Object.keys(state.paths).filter((path) => {
    const refusedAtMs = state.paths[path]?.refusedAtMs;
    return refusedAtMs !== undefined && lastMs <= refusedAtMs + limits.heartbeatMs / 2;
  });
}

/** A tick that comes late means that this process stood still, and heartbeats may lie unread in its sockets. */
function forgiveOwnStall(state: DetectorState, atMs: number, limits: DetectorLimits): DetectorState {
  const stallMs = atMs - state.tickedAtMs - 2 * limits.heartbeatMs;
  if (stallMs <= 0) return { ...state, tickedAtMs: atMs };
  const shift = (ms: number | undefined) => (ms === undefined ? undefined : Math.min(atMs, ms + stallMs));
  const paths = Object.fromEntries(
    Object.entries(state.paths).map(([name, path]) => [name, { ...path, heardAtMs: shift(path.heardAtMs) }]),
  );
  return { ...state, paths, startedAtMs: Math.min(atMs, state.startedAtMs + stallMs), tickedAtMs: atMs };
}

function setPath(state: DetectorState, path: string, value: PathState): DetectorState {
  return { ...state, paths: { ...state.paths, [path]: value } };
}

function wasHeard(state: DetectorState): boolean {
  return Object.values(state.paths).some((path) => path.heardAtMs !== undefined);
}

function lastHeardMs(state: DetectorState): number {
  let last = state.startedAtMs;
  for (const path of Object.values(state.paths))
    if (path.heardAtMs !== undefined && path.heardAtMs > last) last = path.heardAtMs;
  return last;
}
