/**
 * Appends this hub's records to one of its streams with group commit: what arrives while a publish is in flight travels
 * together in the next message, so that one fsync serves all of it. One message is in flight at a time, which keeps the
 * sequence free of holes: a number is spent only when NATS has said that the record is stored, or the spool holds it.
 */
import type { JetStreamClient, JetStreamManager } from "nats";
import { encodeBatch } from "../core/batch-codec.ts";
import type { ByteBudget } from "../core/byte-budget.ts";
import { type Hlc, stampAfter } from "../core/hlc.ts";
import { type Batch, lastPosition, type RecordBody, type RecordPosition, type StreamKind } from "../core/record.ts";
import { type Log, messageOf } from "./log.ts";
import { lastSeqOf, type OnCut, type Published, publishBatch } from "./publish.ts";
import type { SpoolOutcome } from "./spool.ts";
import { isNoMessage, streamName } from "./streams.ts";

/** A record before it has a stamp; the journal stamps in the order of appending. */
export type Unstamped<R extends RecordBody = RecordBody> = R extends RecordBody ? Omit<R, "at"> : never;

export type AppendOutcome =
  | { kind: "stored"; position: RecordPosition }
  /** NATS does not answer; it is on this machine's disk and goes into its stream later. */
  | { kind: "spooled"; position: RecordPosition }
  /** The stream, the spool or the disk is at its limit: nothing of this record was stored. */
  | { kind: "full"; reason: string }
  /** Too many records wait already. */
  | { kind: "busy"; reason: string }
  /** NATS did not confirm in time; a message already sent may still be stored later. */
  | { kind: "unavailable"; reason: string };

type Kept =
  | Exclude<AppendOutcome, { kind: "stored" }>
  | { kind: "stored"; position: RecordPosition; streamSeq: number };

/** Where batches go while NATS does not take them. */
export interface Detour {
  /** Whether older records of the stream wait there, behind which newer ones have to line up. */
  inUse(kind: StreamKind): boolean;
  /** Resolves when one more batch of the stream may line up, or none needs to any more. */
  room(kind: StreamKind): Promise<void>;
  append(kind: StreamKind, records: number, payload: Buffer): Promise<SpoolOutcome>;
  /** Bytes that were stored, there or in NATS: by them it knows how long it would last. */
  note(bytes: number): void;
}

export interface JournalOptions {
  kind: StreamKind;
  machine: string;
  /** Of the first records; `goOver` names another one. */
  incarnation: string;
  js: JetStreamClient;
  manager(): Promise<JetStreamManager>;
  log: Log;
  clock: { now: Hlc; wallMs(): number };
  /** Before an append is answered as unavailable, ms. */
  storeDeadlineMs: number;
  maxQueued: number;
  /** Which the records that wait share with others. @default they are only counted */
  budget?: ByteBudget | undefined;
  /** Called once per stored message, with its sequence in the stream, before its appends are answered. */
  onStored(batch: Batch, streamSeq: number): void;
  /** As `onStored`, for what the detour holds; `onStored` is not called for it. */
  onSpooled?(batch: Batch): void;
  /** @default none: appends are refused while NATS does not answer */
  detour?: Detour;
  /** Without it a publish that is cut off is noticed by its timeout only. */
  onCut?: OnCut;
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
/** In one batch, and so in one frame of the spool. */
export const maxBatchRecords = 512;
const retryMs = 100;
const fullRetryMs = 1_000;

export class Journal {
  readonly #options: JournalOptions;
  readonly #queue: Waiting[] = [];
  #incarnation: string;
  #nextSeq = 1;
  #underWay = 0;
  #flushing: Promise<void> | undefined;
  #stopped = false;
  /** Why nothing can be taken while one batch is in doubt and has no place to go. */
  #blocked: AppendOutcome | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#incarnation = options.incarnation;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Records that were sent to be stored, and of which it is not known yet whether they are. */
  get underWay(): number {
    return this.#underWay;
  }

  append(record: Unstamped): Promise<AppendOutcome> {
    const { clock, maxQueued, budget, storeDeadlineMs, unavailable, detour } = this.#options;
    if (this.#blocked !== undefined) return Promise.resolve(this.#blocked);
    const reason = this.#stopped ? "the hub is stopping" : detour === undefined ? unavailable() : undefined;
    if (reason !== undefined) return Promise.resolve({ kind: "unavailable", reason });
    if (this.#queue.length >= maxQueued) {
      return Promise.resolve({ kind: "busy", reason: `${maxQueued} records are waiting to be stored` });
    }
    const bytes = "body" in record ? record.body.length + 256 : 512;
    if (budget?.take(bytes) === false) return Promise.resolve({ kind: "busy", reason: budget.reason });
    clock.now = stampAfter(clock.now, clock.wallMs());
    const stamped = { ...record, at: clock.now } as RecordBody; // the omitted field is put back
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
      this.#flushing ??= this.#flush();
    });
  }

  /** What is not on its way yet belongs to this incarnation, and is numbered from 1 on. */
  goOver(incarnation: string): void {
    this.#incarnation = incarnation;
    this.#nextSeq = 1;
  }

  /** Takes no more records and waits until those accepted are answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    // One turn of the event loop lets requests that arrived together travel together.
    await new Promise(setImmediate);
    try {
      while (this.#queue.length > 0) {
        const taken = this.#take();
        if (taken.length > 0) await this.#store(taken);
      }
    } finally {
      // In the same step as the last look at the queue: what is appended from here on begins a new flush.
      this.#flushing = undefined;
    }
  }

  #take(): Waiting[] {
    const taken: Waiting[] = [];
    let bytes = 0;
    let used = 0;
    for (const waiting of this.#queue) {
      if (taken.length > 0 && (bytes + waiting.bytes > maxBatchBytes || taken.length >= maxBatchRecords)) break;
      used++;
      this.#options.budget?.give(waiting.bytes);
      if (waiting.abandoned) continue;
      taken.push(waiting);
      bytes += waiting.bytes;
    }
    this.#queue.splice(0, used);
    return taken;
  }

  async #store(taken: Waiting[]): Promise<void> {
    const { machine } = this.#options;
    const incarnation = this.#incarnation;
    const records = taken.map((waiting) => waiting.record);
    const batch: Batch = { v: 1, origin: machine, incarnation, firstSeq: this.#nextSeq, records };
    const payload = encodeBatch(batch);
    this.#underWay = taken.length;
    const outcome: Kept = this.#tooLarge(payload.length) ?? (await this.#keep(batch, payload));
    this.#underWay = 0;
    if (outcome.kind === "stored" || outcome.kind === "spooled") {
      if (incarnation === this.#incarnation) this.#nextSeq += taken.length;
      this.#options.detour?.note(payload.length);
    }
    if (outcome.kind === "stored") this.#options.onStored(batch, outcome.streamSeq);
    if (outcome.kind === "spooled") this.#options.onSpooled?.(batch);
    for (const waiting of taken) waiting.settle(outcome);
  }

  /**
   * Tries NATS, then the detour. A batch that NATS may have stored without saying so is never given up while the hub runs:
   * its ids would otherwise be given to other records, which NATS would take for repetitions.
   */
  async #keep(batch: Batch, payload: Buffer): Promise<Kept> {
    const { kind, js, detour, onCut, unavailable, onNoStream, log } = this.#options;
    const position = lastPosition(batch);
    let unsure = false;
    // NATS takes no more, but may hold it: it is then asked, since it forgets ids after two minutes.
    let full: Extract<Published, { kind: "full" }> | undefined;
    try {
      for (;;) {
        const heldAt = full && unavailable() === undefined ? await this.#heldAt(batch) : undefined;
        if (heldAt !== undefined) return { kind: "stored", position, streamSeq: heldAt };
        if (detour?.inUse(kind)) await detour.room(kind);
        let noStream = false;
        if (!detour?.inUse(kind) && (detour === undefined || unavailable() === undefined)) {
          const published = await publishBatch(js, kind, batch, payload, onCut);
          if (published.kind === "stored") return { kind: "stored", position, streamSeq: published.seq };
          full = published.kind === "full" ? published : undefined;
          if (full !== undefined && !unsure) return full;
          unsure ||= published.kind === "unsure";
          noStream = published.kind === "no-stream";
          log.warn("journal.retry", {
            stream: streamName(kind),
            records: batch.records.length,
            error: published.reason,
          });
        }
        const spooled = await detour?.append(kind, batch.records.length, payload);
        if (spooled?.kind === "spooled") return { kind: "spooled", position };
        if (spooled !== undefined && !unsure) return spooled;
        this.#blocked = spooled ?? full;
        if (this.#stopped) return { kind: "unavailable", reason: "the hub is stopping" };
        await new Promise((resolve) => setTimeout(resolve, full === undefined ? retryMs : fullRetryMs));
        if (noStream) await onNoStream();
      }
    } finally {
      this.#blocked = undefined;
    }
  }

  /** The sequence of a batch that was stored unheard; undefined when it was not, as far as can be known now. */
  async #heldAt(batch: Batch): Promise<number | undefined> {
    const { kind, manager, log } = this.#options;
    try {
      return await lastSeqOf(await manager(), kind, batch);
    } catch (error) {
      if (!isNoMessage(error)) log.warn("journal.unasked", { stream: streamName(kind), error: messageOf(error) });
      return undefined;
    }
  }

  #tooLarge(bytes: number): Exclude<Kept, { kind: "stored" }> | undefined {
    const most = this.#options.maxMessageBytes() - headerRoomBytes;
    return bytes <= most
      ? undefined
      : { kind: "full", reason: `a record of ${bytes} bytes is above NATS's max_payload` };
  }
}
