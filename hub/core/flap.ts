/** Damps a verdict that flaps: what died several times lately must hold for a while before it counts as alive again. */
import type { Judgement } from "./verdict.ts";

export interface FlapLimits {
  /** So many deaths within the window are forgiven. */
  forgiven: number;
  windowMs: number;
  /** What the first death beyond must hold for; each further one doubles it. */
  holdMs: number;
  holdAtMostMs: number;
}

/** A link that is bad for a minute costs a few seconds each time, not a takeover each time. */
export const flapLimits: FlapLimits = { forgiven: 3, windowMs: 60_000, holdMs: 1_000, holdAtMostMs: 10_000 };

export interface FlapState {
  /** Times of the deaths within the window, oldest first. */
  deaths: readonly number[];
  /** Since when it has been heard without a break; undefined while it is not. */
  aliveSinceMs: number | undefined;
  /** What to say. */
  judgement: Judgement;
}

export function startFlaps(judgement: Judgement): FlapState {
  return { deaths: [], aliveSinceMs: undefined, judgement };
}

/** @param heard the verdict as it would be without damping */
export function stepFlaps(state: FlapState, heard: Judgement, atMs: number, limits: FlapLimits): FlapState {
  const deaths = state.deaths.filter((death) => atMs - death < limits.windowMs);
  const { judgement: before } = state;
  if (heard.verdict !== "alive") {
    const died = isLost(heard) && !isLost(before);
    return { deaths: died ? [...deaths, atMs] : deaths, aliveSinceMs: undefined, judgement: heard };
  }
  const aliveSinceMs = state.aliveSinceMs ?? atMs;
  const waitMs = before.verdict === "alive" ? 0 : holdOf(deaths.length, limits);
  if (atMs - aliveSinceMs >= waitMs) {
    const judgement = before.verdict === "alive" ? before : { verdict: "alive" as const, sinceMs: atMs, reason: "" };
    return { deaths, aliveSinceMs, judgement };
  }
  const reason = `flaps: heard again, and believed after ${waitMs} ms`;
  const judgement = before.verdict === "suspect" ? before : { verdict: "suspect" as const, sinceMs: atMs, reason };
  return { deaths, aliveSinceMs, judgement };
}

/** Something that was started anew says so, and is no link that flaps. */
export function forgetFlaps(state: FlapState): FlapState {
  return { ...state, deaths: [] };
}

function holdOf(deaths: number, { forgiven, holdMs, holdAtMostMs }: FlapLimits): number {
  return deaths <= forgiven ? 0 : Math.min(holdAtMostMs, holdMs * 2 ** (deaths - forgiven - 1));
}

const isLost = ({ verdict }: Judgement) => verdict === "dead" || verdict === "isolated";
