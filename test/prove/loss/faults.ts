/** Begins faults now and then, by a seed, and heals them: they overlap, but what one of them holds, no other takes. */
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../../../ops/chaos/random.ts";
import { type Fault, faultKinds, type Means } from "./fault-kinds.ts";

export interface FaultsOptions extends Omit<Means, "momentToKill"> {
  random: Random;
  onFault(kind: string, holds: string[]): void;
}

/** Most faults are short, so that many of them meet the pair while it comes back; some last long enough to be judged dead, ms. */
const shortMs = 500;
const longestMs = 2_500;
/** How long a kill waits for the answer that it is to come with, ms. */
const patienceMs = 300;

export class Faults {
  readonly #options: FaultsOptions;
  readonly #kinds: Fault[];
  readonly #held = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #onAcknowledged = () => {};

  constructor(options: FaultsOptions) {
    this.#options = options;
    this.#kinds = faultKinds({ ...options, momentToKill: () => this.#momentToKill() });
  }

  /** A client has just read an answer that acknowledges its push: the instant at which a kill hurts most. */
  acknowledged(): void {
    this.#onAcknowledged();
  }

  /** Goes on until the signal comes; resolves when all faults are healed. */
  async run(signal: AbortSignal): Promise<void> {
    const { random } = this.#options;
    while (!signal.aborted) {
      // A storm of faults, then some that leave time to come back in sync.
      const [low, high] = random.chance(0.6) ? [100, 500] : [800, 3_000];
      for (let i = random.between(3, 8); i > 0 && !signal.aborted; i--) {
        await pause(random.between(low, high), undefined, { signal }).catch(() => {});
        if (!signal.aborted) this.#begin();
      }
    }
    await Promise.all(this.#running);
  }

  #begin(): void {
    const { random, onFault } = this.#options;
    const free = this.#kinds.filter(({ holds }) => holds.every((name) => !this.#held.has(name)));
    const kinds = [...new Set(free.map(({ kind }) => kind))];
    if (kinds.length === 0) return;
    // What ends a process is what loses records: it comes more often than the rest.
    const kind = random.pick([...kinds, ...kinds.filter((name) => name.startsWith("kill"))]);
    const fault = random.pick(free.filter((candidate) => candidate.kind === kind));
    const lastsMs = random.between(20, random.chance(0.7) ? shortMs : longestMs);
    for (const name of fault.holds) this.#held.add(name);
    onFault(fault.kind, fault.holds);
    const running = play(fault, lastsMs).finally(() => {
      for (const name of fault.holds) this.#held.delete(name);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** Half of the kills come at once, the others within the next answer to a push, or when none comes for a while. */
  #momentToKill(): Promise<void> {
    if (this.#options.random.chance(0.5)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#onAcknowledged = () => {
        clearTimeout(timer);
        this.#onAcknowledged = () => {};
        resolve();
      };
    });
  }
}

async function play({ begin, heal }: Fault, lastsMs: number): Promise<void> {
  await begin();
  await pause(lastsMs);
  await heal();
}
