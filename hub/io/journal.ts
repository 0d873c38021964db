/**
 * Appends this hub's records to one of its streams with group commit: what arrives while a publish is in flight travels
 * together in the next message, so that one fsync serves all of it. One message is in flight at a time, which keeps the
 * sequence free of holes: a number is spent only when NATS has said that the record is stored.
 */
import { ErrorCode, type JetStreamClient, NatsError } from "nats";
import { type Hlc, nextHlc } from "../core/hlc.ts";
import { type Batch, lastPosition, type RecordBody, type RecordPosition, type StreamKind } from "../core/record.ts";
import { type Log, messageOf } from "./log.ts";
import { isNoResponder, recordSubject, streamName } from "./streams.ts";

/** A record before it has a stamp; the journal stamps in the order of appending. */
export type Unstamped<R extends RecordBody = RecordBody> = R extends RecordBody ? Omit<R, "at"> : never;

export type AppendOutcome =
  | { kind: "stored"; position: RecordPosition }
  /** The stream is at its size limit: nothing of this record was stored. */
  | { kind: "full"; reason: string }
  /** Too many records wait already. */
  | { kind: "busy"; reason: string }
  /** NATS did not confirm in time; a message already sent may still be stored later. */
  | { kind: "unavailable"; reason: string };

export interface JournalOptions {
  kind: StreamKind;
  machine: string;
  incarnation: string;
  js: JetStreamClient;
  log: Log;
  clock: { now: Hlc; wallMs(): number };
  /** Before an append is answered as unavailable, ms. */
  storeDeadlineMs: number;
  maxQueued: number;
  /** Called once per stored message, before its appends are answered. */
  onStored(batch: Batch): void;
  /** Largest message that NATS takes, bytes; infinite while it is not known. */
  maxMessageBytes(): number;
  /** NATS answers, but not for the stream: it has to be made again. Never rejects. */
  onNoStream(): Promise<void>;
  /** Why records cannot be stored at this moment, so that nobody waits for a deadline; undefined when they can. */
  unavailable(): string | undefined;
}

interface Waiting {
  record: RecordBody;
  bytes: number;
  settle(outcome: AppendOutcome): void;
  /** Set when the caller was told that it was not stored: it must then not be sent any more. */
  abandoned: boolean;
}

/** Copying adds headers to a message, which the peer's NATS must still take. */
const headerRoomBytes = 4_096;
/** One message stays well below the 8 MB that a domain accepts, and one batch below what a fold digests in a few ms. */
const maxBatchBytes = 1024 * 1024;
const maxBatchRecords = 512;
const publishTimeoutMs = 2_000;
const retryMs = 100;
/** JetStream's codes for a stream or store that can take no more. */
const fullCodes = new Set([10077, 10047, 10023, 10167]);

/** Tells NATS a batch from another one, so that it stores a repeated one once. */
export const messageId = ({ origin, incarnation, firstSeq }: Batch) => `${origin}:${incarnation}:${firstSeq}`;

export class Journal {
  readonly #options: JournalOptions;
  readonly #queue: Waiting[] = [];
  #nextSeq = 1;
  #flushing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  get queued(): number {
    return this.#queue.length;
  }

  append(record: Unstamped): Promise<AppendOutcome> {
    const { clock, maxQueued, storeDeadlineMs, unavailable } = this.#options;
    const reason = this.#stopped ? "the hub is stopping" : unavailable();
    if (reason !== undefined) return Promise.resolve({ kind: "unavailable", reason });
    if (this.#queue.length >= maxQueued) {
      return Promise.resolve({ kind: "busy", reason: `${maxQueued} records are waiting to be stored` });
    }
    clock.now = nextHlc(clock.now, clock.wallMs());
    const stamped = { ...record, at: clock.now } as RecordBody; // the omitted field is put back
    const bytes = "body" in record ? record.body.length + 256 : 512;
    return new Promise((resolve) => {
      const waiting: Waiting = {
        record: stamped,
        bytes,
        abandoned: false,
        settle: (outcome) => {
          clearTimeout(timer);
          resolve(outcome);
        },
      };
      const timer = setTimeout(() => {
        waiting.abandoned = true;
        resolve({ kind: "unavailable", reason: `NATS on this machine did not confirm within ${storeDeadlineMs} ms` });
      }, storeDeadlineMs);
      this.#queue.push(waiting);
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = undefined;
      });
    });
  }

  /** Takes no more records and waits until those accepted are answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    // One turn of the event loop lets requests that arrived together travel together.
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
      const taken = this.#take();
      if (taken.length > 0) await this.#publish(taken);
    }
  }

  #take(): Waiting[] {
    const taken: Waiting[] = [];
    let bytes = 0;
    let used = 0;
    for (const waiting of this.#queue) {
      if (taken.length > 0 && (bytes + waiting.bytes > maxBatchBytes || taken.length >= maxBatchRecords)) break;
      used++;
      if (waiting.abandoned) continue;
      taken.push(waiting);
      bytes += waiting.bytes;
    }
    this.#queue.splice(0, used);
    return taken;
  }

  async #publish(taken: Waiting[]): Promise<void> {
    const { kind, machine, incarnation, js, onStored } = this.#options;
    const batch: Batch = {
      v: 1,
      origin: machine,
      incarnation,
      firstSeq: this.#nextSeq,
      records: taken.map((waiting) => waiting.record),
    };
    const payload = Buffer.from(JSON.stringify(batch));
    const options = {
      // A retry after a lost answer is recognised by the stream, and beyond its window by the folds.
      msgID: messageId(batch),
      timeout: publishTimeoutMs,
      expect: { streamName: streamName(kind) },
    };
    const tooLarge = this.#tooLarge(payload.length);
    if (tooLarge !== undefined) {
      for (const waiting of taken) waiting.settle(tooLarge);
      return;
    }
    for (;;) {
      try {
        await js.publish(recordSubject(kind, machine), payload, options);
        this.#nextSeq += taken.length;
        onStored(batch);
        const position = lastPosition(batch);
        for (const waiting of taken) waiting.settle({ kind: "stored", position });
        return;
      } catch (error) {
        const refusal = this.#refusal(error);
        if (refusal !== undefined) {
          for (const waiting of taken) waiting.settle(refusal);
          return;
        }
        if (this.#stopped) {
          for (const waiting of taken) waiting.settle({ kind: "unavailable", reason: "the hub is stopping" });
          return;
        }
        this.#options.log.warn("journal.retry", {
          stream: streamName(kind),
          records: taken.length,
          error: messageOf(error),
        });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        if (isNoResponder(error)) await this.#options.onNoStream();
      }
    }
  }

  #tooLarge(bytes: number): AppendOutcome | undefined {
    const most = this.#options.maxMessageBytes() - headerRoomBytes;
    return bytes <= most
      ? undefined
      : { kind: "full", reason: `a record of ${bytes} bytes is above NATS's max_payload` };
  }

  /** A definite no of the server; anything else may have been stored and is tried again under the same id. */
  #refusal(error: unknown): AppendOutcome | undefined {
    if (!(error instanceof NatsError)) return undefined;
    if (error.code === ErrorCode.MaxPayloadExceeded)
      return { kind: "full", reason: "a record is above NATS's max_payload" };
    const code = error.api_error?.err_code;
    if (code === undefined || !fullCodes.has(code)) return undefined;
    return { kind: "full", reason: `stream ${streamName(this.#options.kind)} takes no more: ${error.message}` };
  }
}
