/**
 * Bounds how many lines of one event a log takes, so that one thing that happens over and over does not push everything else out of
 * the rotated files. Pure but for its memory.
 */

/** Lines of an event at once: more than a large fleet turns ill at a time. */
const burst = 1_000;
/** Lines of an event a second beyond that; 50 MB of rotated files then reach back some hours. */
const perSecond = 20;
/** Events that are told apart; a program has some hundred. */
const mostEvents = 1_000;

interface Bucket {
  left: number;
  atMs: number;
  suppressed: number;
}

export class LogPace {
  readonly #buckets = new Map<string, Bucket>();

  /**
   * @param atMs monotonic
   * @returns whether the line is written, with how many of its event were not since the last one that was
   */
  take(event: string, atMs: number): { isWritten: boolean; suppressed: number } {
    const bucket = this.#of(event, atMs);
    bucket.left = Math.min(burst, bucket.left + (perSecond * Math.max(0, atMs - bucket.atMs)) / 1_000);
    bucket.atMs = atMs;
    if (bucket.left < 1) {
      bucket.suppressed++;
      return { isWritten: false, suppressed: bucket.suppressed };
    }
    const { suppressed } = bucket;
    bucket.left--;
    bucket.suppressed = 0;
    return { isWritten: true, suppressed };
  }

  #of(event: string, atMs: number): Bucket {
    const known = this.#buckets.get(event);
    if (known !== undefined) return known;
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= mostEvents && oldest !== undefined) this.#buckets.delete(oldest);
    const made = { left: burst, atMs, suppressed: 0 };
    this.#buckets.set(event, made);
    return made;
  }
}
