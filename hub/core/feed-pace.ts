/** How many feeds a second a Pushgateway is given at most: beyond it readers of the Pushgateway wait, and pushes to the hub do not. */

/**
 * Feeds a second. A feed costs the hub and the Pushgateway some 0.3 ms of processor together (docs/decisions/009), so that 500 are
 * an eighth of a core; 10,000 groups that all change are then fed within 20 s, about the interval at which a Prometheus looks.
 */
export const feedsPerSecond = 500;

/** Mutable; all times are monotonic ms of one clock. A second's feeds may come at once. */
export class FeedPace {
  readonly #perMs: number;
  readonly #most: number;
  #left: number;
  #atMs = 0;

  constructor(perSecond = feedsPerSecond) {
    this.#perMs = perSecond / 1_000;
    this.#most = perSecond;
    this.#left = perSecond;
  }

  /** Whether a feed may begin now. */
  has(atMs: number): boolean {
    this.#left = Math.min(this.#most, this.#left + Math.max(0, atMs - this.#atMs) * this.#perMs);
    this.#atMs = Math.max(this.#atMs, atMs);
    return this.#left >= 1;
  }

  /** A feed has begun. */
  use(): void {
    this.#left = Math.max(0, this.#left - 1);
  }

  /** Until a feed may begin, ms. */
  waitMs(): number {
    return Math.max(0, (1 - this.#left) / this.#perMs);
  }
}
