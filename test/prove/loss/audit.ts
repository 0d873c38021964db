/** Reads both machines' streams themselves: which records each push has become, and on which machines they are. */
import type { NatsConnection } from "nats";
import { decodeBatch } from "../../../hub/core/batch-codec.ts";
import type { Push } from "../../../hub/core/record.ts";
import { feed } from "../../../hub/io/feed.ts";
import { connectNats } from "../../../hub/io/nats-connect.ts";
import { copyName, streamName } from "../../../hub/io/streams.ts";
import type { BareMachine, BarePair } from "../../support/bare-pair.ts";
import { isAcknowledged, type PushLog } from "./push.ts";

export interface AuditFindings {
  /** Records read, of the originals. */
  records: number;
  /** Whether a stream was purged of records before they were read: then nothing can be called absent. */
  purged: boolean;
  /** Pushes with more than one record. */
  twice: string[];
  /** Acknowledged pushes without a record on one of the machines. */
  absent: string[];
}

/** Ids of the records of each push, by its number; those without one, as DELETE, are left to the fold. */
type Found = Map<number, Set<string>>;

/** Goes on where it stopped, so that a long proof reads each record once, and before it may be purged. */
export class Audit {
  readonly #pair: BarePair;
  readonly #originals: Found = new Map();
  readonly #held = new Map<string, Found>();
  /** The sequence to go on with, by machine and stream. */
  readonly #next = new Map<string, number>();
  #records = 0;
  #purged = false;

  constructor(pair: BarePair) {
    this.#pair = pair;
    for (const { name } of pair.both) this.#held.set(name, new Map());
  }

  async read(): Promise<void> {
    for (const machine of this.#pair.both) {
      const nc = await connectNats({ servers: `${machine.at.nats.host}:${machine.at.nats.port}` });
      try {
        const here = this.#held.get(machine.name) ?? new Map();
        this.#records += await this.#readStream(nc, machine, streamName("metrics"), [this.#originals, here]);
        for (const peer of this.#pair.both.filter(({ name }) => name !== machine.name))
          await this.#readStream(nc, machine, copyName("metrics", peer.name), [here]);
      } finally {
        await nc.close();
      }
    }
  }

  findings(log: readonly PushLog[]): AuditFindings {
    const twice = [...this.#originals].filter(([, ids]) => ids.size > 1);
    const held = [...this.#held.values()];
    const numbered = log.filter((push) => isAcknowledged(push) && push.metrics.length > 0);
    const absent = numbered.filter(({ number }) => !held.every((here) => here.has(number)));
    return {
      records: this.#records,
      purged: this.#purged,
      twice: twice.map(([number, ids]) => `push ${number} is ${[...ids].join(" and ")}`),
      absent: this.#purged
        ? []
        : absent.map(({ number, hub, outcome }) => `push ${number}, acknowledged ${outcome} by ${hub}, is not on both`),
    };
  }

  /** @returns the number of records */
  async #readStream(nc: NatsConnection, { name }: BareMachine, stream: string, into: Found[]): Promise<number> {
    const jsm = await nc.jetstreamManager({ checkAPI: false });
    const { state } = await jsm.streams.info(stream);
    const place = `${name} ${stream}`;
    const from = this.#next.get(place) ?? 1;
    this.#purged ||= state.first_seq > from;
    this.#next.set(place, state.last_seq + 1);
    if (state.messages === 0 || state.last_seq < from) return 0;
    let records = 0;
    const { signal } = new AbortController();
    const start = Math.max(from, state.first_seq);
    for await (const { data, streamSeq } of feed(nc, jsm, stream, start, signal, { untilCaughtUp: true })) {
      const batch = decodeBatch(data);
      for (const [i, record] of batch?.records.entries() ?? []) {
        records++;
        const number = record.kind === "push" ? numberOf(record) : undefined;
        if (number === undefined) continue;
        const id = `${batch?.origin}:${batch?.incarnation}:${(batch?.firstSeq ?? 0) + i}`;
        for (const found of into) found.set(number, (found.get(number) ?? new Set()).add(id));
      }
      this.#next.set(place, streamSeq + 1);
    }
    return records;
  }
}

function numberOf({ body }: Push): number | undefined {
  const digits = /^prove_\w+(?:\{[^}]*\})? (\d+)$/m.exec(body)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
