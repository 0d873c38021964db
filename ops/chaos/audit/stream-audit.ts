/** Reads both machines' streams themselves: which records each numbered push has become, and on which machines they are. */
import type { NatsConnection } from "nats";
import { decodeBatch } from "../../../hub/core/batch-codec.ts";
import type { Push } from "../../../hub/core/record.ts";
import { feed } from "../../../hub/io/feed.ts";
import { connectNats } from "../../../hub/io/nats-connect.ts";
import { copyName, streamName } from "../../../hub/io/streams.ts";

export interface AuditedMachine {
  name: string;
  nats: { host: string; port: number };
}

/** Ids of the records of each push, by its number. */
type Found = Map<number, Set<string>>;

/** Goes on where it stopped, so that a long run reads each record once, and before it may be purged. */
export class StreamAudit {
  readonly #machines: readonly AuditedMachine[];
  readonly #numberOf: (push: Push) => number | undefined;
  readonly #originals: Found = new Map();
  readonly #held = new Map<string, Found>();
  /** The sequence to go on with, by machine and stream. */
  readonly #next = new Map<string, number>();
  #records = 0;
  #purged = false;

  /** @param numberOf the number that a client gave the push; undefined for pushes of others */
  constructor(machines: readonly AuditedMachine[], numberOf: (push: Push) => number | undefined) {
    this.#machines = machines;
    this.#numberOf = numberOf;
    for (const { name } of machines) this.#held.set(name, new Map());
  }

  /** Records read, of the originals. */
  get records(): number {
    return this.#records;
  }

  /** Whether a stream was purged of records before they were read: then nothing can be called absent. */
  get purged(): boolean {
    return this.#purged;
  }

  /** Pushes with more than one record, with the records' ids. */
  get twice(): [number: number, ids: string[]][] {
    return [...this.#originals].flatMap(([number, ids]) => (ids.size > 1 ? [[number, [...ids]]] : []));
  }

  isOnAll(number: number): boolean {
    return [...this.#held.values()].every((here) => here.has(number));
  }

  async read(): Promise<void> {
    for (const machine of this.#machines) {
      const nc = await connectNats({ servers: `${machine.nats.host}:${machine.nats.port}` });
      try {
        const here = this.#held.get(machine.name) ?? new Map();
        this.#records += await this.#readStream(nc, machine, streamName("metrics"), [this.#originals, here]);
        for (const peer of this.#machines.filter(({ name }) => name !== machine.name))
          await this.#readStream(nc, machine, copyName("metrics", peer.name), [here]);
      } finally {
        await nc.close();
      }
    }
  }

  /** @returns the number of records */
  async #readStream(nc: NatsConnection, { name }: AuditedMachine, stream: string, into: Found[]): Promise<number> {
    const jsm = await nc.jetstreamManager({ checkAPI: false });
    const { state } = await jsm.streams.info(stream);
    const place = `${name} ${stream}`;
    const from = this.#next.get(place) ?? 1;
    this.#purged ||= state.first_seq > from;
    if (state.messages === 0 || state.last_seq < from) {
      this.#next.set(place, state.last_seq + 1);
      return 0;
    }
    let records = 0;
    const { signal } = new AbortController();
    const start = Math.max(from, state.first_seq);
    for await (const { data, streamSeq } of feed(nc, jsm, stream, start, signal, { untilCaughtUp: true })) {
      const batch = decodeBatch(data);
      for (const [i, record] of batch?.records.entries() ?? []) {
        records++;
        const number = record.kind === "push" ? this.#numberOf(record) : undefined;
        if (number === undefined) continue;
        const id = `${batch?.origin}:${batch?.incarnation}:${(batch?.firstSeq ?? 0) + i}`;
        for (const found of into) found.set(number, (found.get(number) ?? new Set()).add(id));
      }
      this.#next.set(place, streamSeq + 1);
    }
    // What is left of these cannot be read; where the feed broke off instead, the next reading goes on behind the last one that came.
    this.#next.set(place, Math.max(this.#next.get(place) ?? 1, state.last_seq + 1));
    return records;
  }
}
