/**
 * Asks all that is to be asked from outside about once a second, and counts the seconds in which each was served or not. All at once: a
 * probe that comes alone costs twice as much.
 */
import type { Count } from "../../core/objectives/minute-ring.ts";

export interface Asked {
  /** Whether there was a good answer; never rejects. */
  ask(): Promise<boolean>;
  counted(count: Count): void;
}

const roundEveryMs = 1_000;

export class Rounds {
  readonly #asked: readonly Asked[];
  readonly #random: () => number;
  readonly #underWay = new Map<Asked, Promise<void>>();
  #rounds = 0;
  #timer: NodeJS.Timeout;
  #stopped = false;

  /** Begins at some moment of the next second. @param random at least 0, below 1 */
  constructor(asked: readonly Asked[], random: () => number) {
    this.#asked = asked;
    this.#random = random;
    this.#timer = setTimeout(() => this.#round(), roundEveryMs * random());
  }

  /** Nothing is counted any more once it was called; resolves when nothing is asked. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#underWay.values());
  }

  #round(): void {
    this.#rounds++;
    for (const asked of this.#asked) if (!this.#underWay.has(asked)) this.#underWay.set(asked, this.#askOnce(asked));
    // Jittered, so that it falls into no step with what else happens each second.
    this.#timer = setTimeout(() => this.#round(), roundEveryMs * (0.9 + 0.2 * this.#random()));
  }

  /**
   * A question that waits for its deadlines stands for the rounds that it missed: an outage weighs as much as it lasts. While this process
   * itself stands still there are no rounds.
   */
  async #askOnce(asked: Asked): Promise<void> {
    const begun = this.#rounds;
    const good = await asked.ask();
    this.#underWay.delete(asked);
    if (this.#stopped) return;
    const total = 1 + this.#rounds - begun;
    asked.counted({ total, bad: good ? 0 : total });
  }
}
