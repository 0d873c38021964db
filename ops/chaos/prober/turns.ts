/** Which requests of a client are due. It is told the time, and touches nothing. */
import type { Stream } from "./sample.ts";

export interface Turns {
  /** When each was due, ms. */
  turns: number[];
  /** When the next one is, ms. */
  nextMs: number;
}

/** @param dueMs when the first was that has not been asked yet */
export function turnsOf(
  { everyMs, skipLateMs }: Pick<Stream, "everyMs" | "skipLateMs">,
  dueMs: number,
  nowMs: number,
): Turns {
  const lateMs = skipLateMs === undefined ? 0 : nowMs - skipLateMs - dueMs;
  const skipped = Math.max(0, Math.ceil(lateMs / everyMs));
  const turns: number[] = [];
  let nextMs = dueMs + skipped * everyMs;
  for (; nextMs <= nowMs; nextMs += everyMs) turns.push(nextMs);
  return { turns, nextMs };
}
