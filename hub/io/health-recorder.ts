/** Stores the turns of agents' health as records; what cannot be stored at once is kept, newest per agent, and tried again. */

import type { HealthChange } from "../core/record.ts";
import type { AppendOutcome, Unstamped } from "./journal.ts";
import { type Log, messageOf } from "./log.ts";

const retryMs = 1_000;

export class HealthRecorder {
  readonly #append: (change: Unstamped<HealthChange>) => Promise<AppendOutcome>;
  readonly #log: Log;
  readonly #waiting = new Map<string, Unstamped<HealthChange>>();
  readonly #timer: NodeJS.Timeout;

  constructor(append: (change: Unstamped<HealthChange>) => Promise<AppendOutcome>, log: Log) {
    this.#append = append;
    this.#log = log;
    this.#timer = setInterval(() => this.#retry(), retryMs);
  }

  record(change: Unstamped<HealthChange>): void {
    const key = `${change.machine}/${change.agent}`;
    this.#append(change)
      .then((outcome) => {
        if (outcome.kind === "stored") return;
        // A newer turn of the same agent may be waiting already: it carries on from where this one began.
        const later = this.#waiting.get(key);
        this.#waiting.set(key, later === undefined ? change : { ...later, from: change.from });
      })
      .catch((error: unknown) => this.#log.error("health.unrecorded", { agent: key, error: messageOf(error) }));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #retry(): void {
    const changes = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const change of changes) this.record(change);
  }
}
