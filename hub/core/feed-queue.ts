/**
 * Groups that are to be fed to a Pushgateway, in which order and when: a group that was fed a moment ago waits, so that one that is
 * pushed a hundred times a second costs the Pushgateway one push a second.
 */

/** Between two feeds of one group, ms: a reader of the Pushgateway is behind the hub by no more. */
export const feedGapMs = 1_000;

/** Mutable; all times are monotonic ms of one clock. */
export class FeedQueue {
  /** To be fed at whatever pace, first come first. */
  readonly #urgent = new Set<string>();
  /** To be fed as the pace allows, first come first. */
  readonly #due = new Set<string>();
  /** Changed, but fed a moment ago. */
  readonly #waiting = new Set<string>();
  /** When groups were fed, oldest first; those of longer ago than the gap are left out. */
  readonly #fedAtMs = new Map<string, number>();

  /** Groups that are to be fed, now or later. */
  get size(): number {
    return this.#urgent.size + this.#due.size + this.#waiting.size;
  }

  /** Whether groups stand that keep the pace and wait for nothing else. */
  get hasDue(): boolean {
    return this.#due.size > 0;
  }

  keys(): Iterable<string> {
    return [...this.#urgent, ...this.#due, ...this.#waiting];
  }

  add(key: string): void {
    if (this.#urgent.has(key)) return;
    if (this.#fedAtMs.has(key)) this.#waiting.add(key);
    else this.#due.add(key);
  }

  /** As `add`, without any wait: the Pushgateway lost the group, or shows what nobody pushed to a hub. */
  hurry(key: string): void {
    this.#fedAtMs.delete(key);
    this.#waiting.delete(key);
    this.#due.delete(key);
    this.#urgent.add(key);
  }

  /** The Pushgateway holds what the group should be already. */
  drop(key: string): void {
    this.#waiting.delete(key);
    this.#due.delete(key);
    this.#urgent.delete(key);
  }

  /** Takes out the next group that may be fed and is not among those that are being fed; undefined when there is none. */
  takeUrgent(busy: ReadonlySet<string>): string | undefined {
    return takeFrom(this.#urgent, busy);
  }

  /** As `takeUrgent`, of those that keep the pace. */
  take(busy: ReadonlySet<string>): string | undefined {
    return takeFrom(this.#due, busy);
  }

  /** The group's feed has begun. */
  fed(key: string, atMs: number): void {
    this.#fedAtMs.delete(key);
    this.#fedAtMs.set(key, atMs);
  }

  /**
   * Lets groups go on whose wait is over.
   * @returns when to look again; undefined when nothing waits
   */
  tick(nowMs: number): number | undefined {
    for (const [key, atMs] of this.#fedAtMs) {
      if (atMs + feedGapMs > nowMs) break;
      this.#fedAtMs.delete(key);
      if (this.#waiting.delete(key)) this.#due.add(key);
    }
    if (this.#waiting.size === 0) return undefined;
    const [oldest] = this.#fedAtMs.values();
    return oldest === undefined ? undefined : oldest + feedGapMs;
  }
}

function takeFrom(keys: Set<string>, busy: ReadonlySet<string>): string | undefined {
  for (const key of keys) {
    if (busy.has(key)) continue;
    keys.delete(key);
    return key;
  }
  return undefined;
}
