/** Hybrid logical clock: orders the writes of both machines, close to wall time and never backwards on one machine. */
import { z } from "zod";

/** Wall time in ms since 1970, as far as a Date reaches. */
export const maxWallMs = 8_640_000_000_000_000;
/** Of stamps of one millisecond. */
const maxCounter = 2 ** 40;
export const WallMs = z.number().min(0).max(maxWallMs);

/** A stamp: wall time in ms, and a counter that orders stamps of the same millisecond. */
export const Hlc = z.strictObject({
  wallMs: WallMs.int(),
  /** Far from where whole numbers end, so that the next stamp can always be written. */
  counter: z.number().int().min(0).max(maxCounter),
});
export type Hlc = z.infer<typeof Hlc>;

/** A stamp that lies further ahead than this is no work of a clock that runs, ms. */
export const aheadLimitMs = 86_400_000;

export const hlcZero: Hlc = { wallMs: 0, counter: 0 };

/** Negative when `a` is older than `b`. Equal stamps of two machines are told apart by the machines' names. */
export function compareHlc(a: Hlc, b: Hlc, machineOfA = "", machineOfB = ""): number {
  if (a.wallMs !== b.wallMs) return a.wallMs - b.wallMs;
  if (a.counter !== b.counter) return a.counter - b.counter;
  return machineOfA < machineOfB ? -1 : machineOfA > machineOfB ? 1 : 0;
}

/** The stamp of a new local write: later than every stamp issued or seen so far. */
export function nextHlc(last: Hlc, nowMs: number): Hlc {
  if (nowMs > last.wallMs) return { wallMs: nowMs, counter: 0 };
  if (last.counter < maxCounter) return { wallMs: last.wallMs, counter: last.counter + 1 };
  return { wallMs: last.wallMs + 1, counter: 0 };
}

/** Whether a stamp lies so far ahead that whoever believed it would stamp nothing honest any more. */
export const isAhead = ({ wallMs }: Pick<Hlc, "wallMs">, nowMs: number): boolean => wallMs > nowMs + aheadLimitMs;

/**
 * As `nextHlc`, but a clock that is too far ahead, because this machine's own one was, begins anew: the peer takes nothing that
 * is stamped so.
 */
export const stampAfter = (last: Hlc, nowMs: number): Hlc => nextHlc(isAhead(last, nowMs) ? hlcZero : last, nowMs);

/** The clock's value after a stamp of the peer was seen, so that the next local write comes after it. */
export function mergeHlc(last: Hlc, seen: Hlc): Hlc {
  return compareHlc(last, seen) >= 0 ? last : seen;
}
