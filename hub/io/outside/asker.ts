/** Asks one thing from outside about once a second for as long as it runs, and counts the seconds in which it was served or not. */
import type { Count } from "../../core/objectives/minute-ring.ts";

export interface AskerOptions {
  /** Whether there was a good answer; never rejects. */
  ask(): Promise<boolean>;
  /** At most so long an `ask` takes by itself, ms: what lasts longer is this process's own standstill. */
  longestMs: number;
  counted(count: Count): void;
  /** Monotonic ms. */
  clock(): number;
  /** At least 0, below 1. */
  random(): number;
}

export const askEveryMs = 1_000;

export class Asker {
  readonly #options: AskerOptions;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #stopped = false;

  /** Begins at some moment of the next second, so that not all are asked at once. */
  constructor(options: AskerOptions) {
    this.#options = options;
    this.#schedule(askEveryMs * options.random());
  }

  /** Resolves when it asks no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  #schedule(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#round = this.#run();
    }, afterMs);
  }

  async #run(): Promise<void> {
    const { ask, counted, longestMs, clock, random } = this.#options;
    const startedMs = clock();
    const good = await ask();
    if (this.#stopped) return;
    const tookMs = Math.min(clock() - startedMs, longestMs);
    // A question that waits for its deadlines stands for each second that it took: an outage weighs as much as it lasts.
    const total = Math.max(1, Math.round(tookMs / askEveryMs));
    counted({ total, bad: good ? 0 : total });
    this.#schedule(Math.max(1, total * askEveryMs * (0.9 + 0.2 * random()) - tookMs));
  }
}
