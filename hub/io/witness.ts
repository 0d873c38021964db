/** A third NATS server that breaks ties: who owns which service, written by compare-and-swap. What goes wrong is a value. */
import { createInbox, ErrorCode, type KV, type NatsConnection, StorageType } from "nats";
import { z } from "zod";
import { Epoch } from "../core/failover/epoch.ts";
import { type Log, logWith, messageOf } from "./log.ts";
import { NatsLink } from "./nats-link.ts";
import { isWrongSequence } from "./streams.ts";

export const witnessBucket = "tandem-services";

/** What stands there of a service. */
export const WitnessEntry = z.object({
  epoch: Epoch,
  /** Machine that wrote it. */
  writer: z.string().min(1),
  /** Grows with each writing of one owner, so that a renewal differs from what stood there. */
  turn: z.number().int().nonnegative(),
});
export type WitnessEntry = z.infer<typeof WitnessEntry>;

export interface WitnessedService extends WitnessEntry {
  /** To be given to the next `write`. */
  revision: number;
}

export interface WitnessOptions {
  host: string;
  port: number;
  /** By which the witness's operator knows this hub. */
  name: string;
  /** File with the NKey seed to be shown. @default none is shown */
  nkeySeedFile?: string;
  /**
   * Before a call is given up, ms. Measured (nats-server 2.12 with `sync_interval: always`, loopback, two cores with a load of 8):
   * of 2,000 writes the median took 0.7 ms, the 99th percentile 16 ms and the slowest 124 ms, reads less; the rest is for a packet
   * that TCP has to send again, after 200 ms. A lease of 2 s has room for several tries.
   */
  deadlineMs?: number;
}

const defaultDeadlineMs = 300;
const endOfBatch = 204;
const nothingFound = 404;

export class Witness {
  readonly #deadlineMs: number;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #opened: Promise<void>;
  #link: NatsLink | undefined;
  /** Undefined until the bucket is known to be there on this connection. */
  #bucket: Promise<KV> | undefined;
  #complaint = "";

  /** Connects and connects again by itself, for as long as it takes. */
  constructor(options: WitnessOptions, log: Log) {
    const { host, port, name, nkeySeedFile, deadlineMs = defaultDeadlineMs } = options;
    this.#deadlineMs = deadlineMs;
    this.#log = logWith(log, { server: "witness" });
    const onReconnect = () => {
      this.#bucket = undefined;
    };
    const link = { host, port, name, seedFile: nkeySeedFile, log: this.#log, onReconnect };
    this.#opened = NatsLink.open(link, this.#stop.signal).then(
      async (opened) => {
        if (this.#stop.signal.aborted) return opened.close();
        this.#link = opened;
      },
      // It was closed before it was ever there.
      () => {},
    );
  }

  get connected(): boolean {
    return this.#link?.connected ?? false;
  }

  /** All that stands there at this moment, by service: the server is asked each time. */
  read(): Promise<Map<string, WitnessedService> | "silent"> {
    return this.#within(async (nc) => {
      await this.#ensureBucket(nc);
      return readAll(nc, this.#deadlineMs);
    });
  }

  /**
   * Resolves with the new revision. After `silent` it may stand there all the same, or come to stand there late: the next `read` tells.
   * @param expectedRevision that of the last `read` or `write` of this service; 0 when nothing stood there
   */
  write(service: string, entry: WitnessEntry, expectedRevision: number): Promise<number | "conflict" | "silent"> {
    return this.#within(async (nc) => {
      const bucket = await this.#ensureBucket(nc);
      try {
        const text = JSON.stringify(WitnessEntry.parse(entry));
        // `create` also writes where an operator has deleted the key.
        if (expectedRevision === 0) return await bucket.create(service, text);
        return await bucket.put(service, text, { previousSeq: expectedRevision });
      } catch (error) {
        if (isWrongSequence(error)) return "conflict";
        throw error;
      }
    });
  }

  /** Goes over to the seed that the file holds now. */
  renewSeed(): void {
    this.#link?.renewSeed();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#opened;
    await this.#link?.close();
  }

  async #within<T>(ask: (nc: NatsConnection) => Promise<T>): Promise<T | "silent"> {
    const link = this.#link;
    // A client without a connection would keep the question, and ask it when nobody waits any more.
    if (link === undefined || !link.connected) return "silent";
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"silent">((resolve) => {
      timer = setTimeout(() => resolve("silent"), this.#deadlineMs);
    });
    const answer = ask(link.nc).then(
      (value) => {
        this.#complaint = "";
        return value;
      },
      (error: unknown) => {
        this.#failed(error);
        return "silent" as const;
      },
    );
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #failed(error: unknown): void {
    // It may have lost its disk, or JetStream is only coming up there.
    this.#bucket = undefined;
    const message = messageOf(error);
    if (message !== this.#complaint) this.#log.warn("witness.failed", { error: message });
    this.#complaint = message;
  }

  #ensureBucket(nc: NatsConnection): Promise<KV> {
    this.#bucket ??= nc
      .jetstream({ timeout: this.#deadlineMs })
      .views.kv(witnessBucket, { history: 1, storage: StorageType.File, timeout: this.#deadlineMs });
    return this.#bucket;
  }
}

/** One question, and an answer for each key: `views.kv` would make a consumer for it, in more round trips. */
function readAll(nc: NatsConnection, deadlineMs: number): Promise<Map<string, WitnessedService>> {
  const prefix = `$KV.${witnessBucket}.`;
  const found = new Map<string, WitnessedService>();
  const inbox = createInbox();
  return new Promise((resolve, reject) => {
    const subscription = nc.subscribe(inbox, {
      callback: (error, message) => {
        const end = (settle: () => void) => {
          clearTimeout(timer);
          subscription.unsubscribe();
          settle();
        };
        if (error !== null) return end(() => reject(error));
        const { headers } = message;
        if (headers?.code === endOfBatch || headers?.code === nothingFound) return end(() => resolve(found));
        if (headers === undefined || headers.code !== 0) {
          const why = headers?.description || ErrorCode.NoResponders;
          return end(() => reject(new Error(`the witness does not read out its bucket: ${headers?.code} ${why}`)));
        }
        const subject = headers.get("Nats-Subject");
        // A key that an operator has deleted comes without a value.
        const entry = message.data.length === 0 ? undefined : entryOf(message.string());
        const revision = Number(headers.get("Nats-Sequence"));
        if (subject.startsWith(prefix) && entry !== undefined)
          found.set(subject.slice(prefix.length), { ...entry, revision });
      },
    });
    const timer = setTimeout(() => {
      subscription.unsubscribe();
      reject(new Error(`no answer within ${deadlineMs} ms`));
    }, deadlineMs);
    const question = JSON.stringify({ multi_last: [`${prefix}>`] });
    nc.publish(`$JS.API.DIRECT.GET.KV_${witnessBucket}`, question, { reply: inbox });
  });
}

function entryOf(text: string): WitnessEntry | undefined {
  try {
    return WitnessEntry.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
