/** The third machine: keys with revisions, written only by whoever knows the last one. It may be away, slow, or lose everything. */
import type { Network } from "./network.ts";
import type { World } from "./world.ts";

export interface WitnessEntry<Value> {
  value: Value;
  revision: number;
}

export type WriteAnswer = { written: true; revision: number } | { written: false };

export const witnessName = "witness";

export class Witness<Value> {
  isUp = true;
  /** Time that each answer takes, ms. */
  slowMs = 0;
  /** How often it lost everything. */
  losses = 0;
  readonly #world: World;
  readonly #network: Network;
  readonly #entries = new Map<string, WitnessEntry<Value>>();
  #revision = 0;

  constructor(world: World, network: Network) {
    this.#world = world;
    this.#network = network;
  }

  /** @param take called with all entries, unless question or answer is lost */
  read(asker: string, take: (entries: Map<string, WitnessEntry<Value>>) => void): void {
    this.#ask(asker, () => {
      const entries = new Map(this.#entries);
      return () => take(entries);
    });
  }

  /** @param expected the revision that the key must have; 0 when it must not be there */
  write(asker: string, key: string, value: Value, expected: number, take: (answer: WriteAnswer) => void): void {
    this.#ask(asker, () => {
      const revision = this.#entries.get(key)?.revision ?? 0;
      if (revision !== expected) return () => take({ written: false });
      const written = ++this.#revision;
      this.#entries.set(key, { value, revision: written });
      return () => take({ written: true, revision: written });
    });
  }

  loseAll(): void {
    this.losses++;
    this.#entries.clear();
  }

  /** What was asked happens even where the answer is lost on its way. */
  #ask(asker: string, act: () => () => void): void {
    this.#network.send(asker, witnessName, "ask", () => {
      if (!this.isUp) return;
      this.#world.after(this.slowMs * this.#world.random.next(), () => {
        if (!this.isUp) return;
        const answer = act();
        this.#network.send(witnessName, asker, "ask", answer);
      });
    });
  }
}
