/** Brings words to one listener, a router or a supervisor: at once when they say something else, else before they run out. */
import type { Log } from "../../io/log.ts";

export interface OutWord {
  service: string;
  untilMonoMs: number | null;
}

export interface WordsOutOptions<Word extends OutWord> {
  /** For the log: `router` or `supervisor`. */
  name: string;
  /** Resolves when they are obeyed; rejects when that is not known. */
  put(words: readonly Word[]): Promise<void>;
  leaseMs: number;
  log: Log;
}

/** One that was started anew knows no word. */
const sayAgainMs = 1_000;
const afterFailureMs = 200;

export class WordsOut<Word extends OutWord> {
  readonly #options: WordsOutOptions<Word>;
  #words: readonly Word[] = [];
  #meaning = "";
  #said: { meaning: string; untilMs: number; atMs: number } | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #failed = false;
  #flight: Promise<boolean> | undefined;

  constructor(options: WordsOutOptions<Word>) {
    this.#options = options;
  }

  /** Called often; says what has to be said. */
  offer(words: readonly Word[], atMs: number): void {
    this.#words = words;
    this.#meaning = JSON.stringify(words.map((word) => ({ ...word, untilMonoMs: word.untilMonoMs !== null })));
    if (words.length > 0 && this.#flight === undefined && this.#isDue(atMs)) void this.#say(atMs);
  }

  /** Resolves with whether the words as they are now, or newer ones, are known to be obeyed. */
  async flush(atMs: number): Promise<boolean> {
    // What is under way may have been said before.
    await this.#flight;
    if (this.#words.length === 0 || this.#said?.meaning === this.#meaning) return true;
    return await (this.#flight ?? this.#say(atMs));
  }

  #isDue(atMs: number): boolean {
    const said = this.#said;
    if (this.#failed && atMs - this.#triedAtMs < afterFailureMs) return false;
    if (said?.meaning !== this.#meaning || atMs - said.atMs >= sayAgainMs) return true;
    return lastUntilMs(this.#words) - said.untilMs >= this.#options.leaseMs / 8;
  }

  #say(atMs: number): Promise<boolean> {
    const { put, log, name } = this.#options;
    const said = { meaning: this.#meaning, untilMs: lastUntilMs(this.#words), atMs };
    this.#triedAtMs = atMs;
    this.#flight = put(this.#words).then(
      () => {
        if (this.#failed) log.info(`failover.${name}_hears`);
        this.#failed = false;
        this.#said = said;
        return true;
      },
      (error: unknown) => {
        if (!this.#failed) log.warn(`failover.${name}_does_not_hear`, { error: String(error) });
        this.#failed = true;
        this.#said = undefined;
        return false;
      },
    );
    void this.#flight.then(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }
}

/** The earliest end counts: the words are renewed together. */
function lastUntilMs(words: readonly OutWord[]): number {
  const ends = words.flatMap(({ untilMonoMs }) => (untilMonoMs === null ? [] : [untilMonoMs]));
  return ends.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...ends);
}
