/** When a section is read: in its own rhythm, or sooner when asked; one reading at a time, and none too soon after the last one. Pure. */

/** A storm of events asks for the same thing hundreds of times, ms. */
const leastMs = 1_000;

export class ReadPace {
  #dueAtMs = Number.NEGATIVE_INFINITY;
  #beganAtMs = Number.NEGATIVE_INFINITY;
  #isReading = false;

  /** As soon as may be: what is asked while it is read counts for the next reading. */
  ask(): void {
    this.#dueAtMs = Number.NEGATIVE_INFINITY;
  }

  isDue(nowMs: number): boolean {
    return !this.#isReading && nowMs >= this.#dueAtMs && nowMs - this.#beganAtMs >= leastMs;
  }

  begin(nowMs: number, everyMs: number): void {
    this.#isReading = true;
    this.#beganAtMs = nowMs;
    this.#dueAtMs = nowMs + everyMs;
  }

  /** @param againAtMs another time than that of its rhythm; who asked meanwhile waits for neither */
  end(againAtMs?: number): void {
    this.#isReading = false;
    if (againAtMs !== undefined && Number.isFinite(this.#dueAtMs)) this.#dueAtMs = againAtMs;
  }
}
