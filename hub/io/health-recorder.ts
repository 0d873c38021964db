/**
 * Stores the turns of agents' health as records, those of one agent in their order; what cannot be stored at once is kept,
 * merged per agent, and tried again.
 */
import type { HealthChange } from "../core/record.ts";
import type { AppendOutcome, Unstamped } from "./journal.ts";
import { type Log, messageOf } from "./log.ts";

type Change = Unstamped<HealthChange>;

const retryMs = 1_000;

export class HealthRecorder {
  readonly #append: (change: Change) => Promise<AppendOutcome>;
  readonly #log: Log;
  /** Agents with a turn under way: a later one waits, or it could be stored first. */
  readonly #busy = new Set<string>();
  readonly #waiting = new Map<string, Change>();
  readonly #timer: NodeJS.Timeout;

  constructor(append: (change: Change) => Promise<AppendOutcome>, log: Log) {
    this.#append = append;
    this.#log = log;
    this.#timer = setInterval(() => this.#retry(), retryMs);
  }

  record(change: Change): void {
    const key = keyOf(change);
    const earlier = this.#waiting.get(key);
    if (earlier !== undefined) this.#waiting.set(key, { ...change, from: earlier.from });
    else if (this.#busy.has(key)) this.#waiting.set(key, change);
    else void this.#store(key, change);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #store(key: string, change: Change): Promise<void> {
    this.#busy.add(key);
    try {
      const { kind } = await this.#append(change);
      const later = this.#waiting.get(key);
      if (kind !== "stored" && kind !== "spooled") {
        // What came meanwhile carries on from where this one began.
        this.#waiting.set(key, later === undefined ? change : { ...later, from: change.from });
      } else if (later !== undefined) {
        this.#waiting.delete(key);
        await this.#store(key, later);
      }
    } catch (error) {
      this.#log.error("health.unrecorded", { agent: key, error: messageOf(error) });
    } finally {
      this.#busy.delete(key);
    }
  }

  #retry(): void {
    for (const [key, change] of [...this.#waiting]) {
      if (this.#busy.has(key)) continue;
      this.#waiting.delete(key);
      void this.#store(key, change);
    }
  }
}

const keyOf = ({ machine, agent }: Change) => `${machine}/${agent}`;
