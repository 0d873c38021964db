/** Does one deed again and again, one at a time. */

export class Rounds {
  readonly #deed: () => Promise<void>;
  readonly #intervalMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** @param deed never rejects @param intervalMs asked for after each round */
  constructor(deed: () => Promise<void>, intervalMs: () => number) {
    this.#deed = deed;
    this.#intervalMs = intervalMs;
  }

  start(afterMs: number): void {
    this.#schedule(performance.now() + afterMs);
  }

  /** The next one begins now, or as soon as the one that runs has ended. */
  soon(): void {
    if (this.#running === undefined) this.start(0);
    else this.#again = true;
  }

  /** Resolves when the one that runs has ended; none follows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(dueMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#round(dueMs), Math.max(0, dueMs - performance.now()));
  }

  async #round(dueMs: number): Promise<void> {
    this.#running = this.#deed();
    await this.#running;
    this.#running = undefined;
    // Counted from when it was due, so that several that were spread stay so when their rounds are slow.
    const nextMs = this.#again ? performance.now() : dueMs + this.#intervalMs();
    this.#again = false;
    this.#schedule(nextMs);
  }
}
