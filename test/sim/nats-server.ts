/** A machine's NATS as copiers see it: it hands out what stands in the streams, as long as it lives, whatever its hub does. */
import type { Machine } from "./machine.ts";
import type { Network } from "./network.ts";
import type { CopyPlace, StoredBatch } from "./platter.ts";

export interface StreamAnswer {
  created: number;
  /** Index of the first batch in the stream. */
  from: number;
  batches: readonly StoredBatch[];
  /** How long the stream is. */
  end: number;
}

const batchesInAnswer = 16;
/** Askers that wait for news; the oldest is forgotten, as its request has run out by then. */
const mostWaiting = 4;

export class NatsServer {
  readonly #machine: Machine;
  readonly #network: Network;
  #waiting: (() => void)[] = [];

  constructor(machine: Machine, network: Network) {
    this.#machine = machine;
    this.#network = network;
  }

  /**
   * Asked from the peer: answers with what lies behind the place.
   * @param waits for something to come there
   */
  askOwn(asker: string, place: CopyPlace | undefined, waits: boolean, take: (answer: StreamAnswer) => void): void {
    this.#asked(asker, () => {
      const { own } = this.#machine.platter;
      const from = place?.created === own.created ? place.index : 0;
      const answer = () => this.#answer(asker, own.created, own.batches, from, take);
      if (!waits || from < own.batches.length || place?.created !== own.created) return answer();
      this.#waiting.push(answer);
      if (this.#waiting.length > mostWaiting) this.#waiting.shift();
    });
  }

  askCopy(asker: string, from: number, take: (answer: StreamAnswer) => void): void {
    this.#asked(asker, () => this.#answer(asker, 0, this.#machine.platter.copy, from, take));
  }

  /** The own stream has grown. */
  wake(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }

  died(): void {
    this.#waiting = [];
  }

  #asked(asker: string, answer: () => void): void {
    this.#network.send(asker, this.#machine.name, "nats", () => this.#machine.processes.nats.deliver(answer));
  }

  #answer(
    asker: string,
    created: number,
    stream: readonly StoredBatch[],
    from: number,
    take: (answer: StreamAnswer) => void,
  ): void {
    const answer = { created, from, batches: stream.slice(from, from + batchesInAnswer), end: stream.length };
    this.#network.send(this.#machine.name, asker, "nats", () => take(answer));
  }
}
