/** What an answer to a request means for it, and when it is tried again. */

/**
 * `taken`: it is there. `refused`: the store will never take this request, and may well take the next one. `later`: the store is
 * away, busy, or takes nothing of us as things stand, such as with a wrong password, which is no reason to throw the past away.
 */
export type Meaning = "taken" | "refused" | "later";

/** Client errors that speak of what is in the request. All others say something of who asks, where, when or in which words. */
const ofTheRequest: ReadonlySet<number> = new Set([400, 409, 413, 422]);

export function meaningOf(status: number): Meaning {
  if (status >= 200 && status < 300) return "taken";
  return ofTheRequest.has(status) ? "refused" : "later";
}

const firstWaitMs = 500;
const longestWaitMs = 30_000;
/** A store that asks for more than this is asked before all the same. */
const longestAskedMs = 600_000;

/**
 * @param failures in a row, the last one included
 * @param askedMs what the store asked for by Retry-After; 0 when it did not
 * @param chance from 0 to 1: whoever failed together does not come back together
 */
export function waitMs(failures: number, askedMs: number, chance: number): number {
  const backoffMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (Math.max(1, failures) - 1));
  return Math.max(backoffMs * (0.5 + chance / 2), Math.min(askedMs, longestAskedMs));
}

/** A Retry-After in ms from now; 0 when there is none, or it says nothing that can be read. */
export function retryAfterMs(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}
