/**
 * Brings what the spool holds into its streams, oldest first, under the ids that it was spooled with, so that a repetition
 * after a crash is recognised. While it works newer records of the same stream line up behind it in the spool, at a pace that
 * lets it end. A stream that is full holds up its own records alone.
 */
import type { JetStreamClient, JetStreamManager } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import { type Batch, StreamKind } from "../core/record.ts";
import { type Log, messageOf } from "./log.ts";
import { lastSeqOf, type OnCut, type Published, publishBatch } from "./publish.ts";
import type { Spool, SpoolOutcome } from "./spool.ts";
import type { Frame } from "./spool-frames.ts";
import { isNoMessage } from "./streams.ts";

export interface SpoolDrainOptions {
  spool: Spool;
  js: JetStreamClient;
  manager(): Promise<JetStreamManager>;
  log: Log;
  isConnected(): boolean;
  onCut: OnCut;
  /** Whether this machine's NATS is known to hold all of it. */
  isHeld(kind: StreamKind, batch: Batch): boolean;
  /** @param streamSeq its sequence in the stream */
  onStored(kind: StreamKind, batch: Batch, streamSeq: number): void;
  /** The streams are missing. Never rejects. */
  onNoStream(): Promise<void>;
}

const retryMs = 100;
const fullRetryMs = 1_000;
/** Batches brought into their streams for each one that may be appended meanwhile: more than one, or it would never end. */
const drainedPerAppend = 2;
/** Appends that a quick drain may have saved up. */
const maxCredit = 8;

/** The batches that wait in a spool, oldest first. */
export async function* spooledBatches(spool: Spool | undefined): AsyncIterable<{ kind: StreamKind; batch: Batch }> {
  for await (const { kind, payload } of spool?.frames() ?? []) {
    const batch = decodeBatch(payload);
    if (batch !== undefined) yield { kind, batch };
  }
}

/** A stream that takes no more. */
interface Full {
  reason: string;
  /** Of the monotonic clock, ms. */
  retryAtMs: number;
}

export class SpoolDrain {
  readonly #options: SpoolDrainOptions;
  readonly #waiting: (() => void)[] = [];
  /** Streams into which the next batch may have come already without our having heard so. */
  readonly #unsure = new Set<StreamKind>(StreamKind.options);
  readonly #full = new Map<StreamKind, Full>();
  /** Whether batches go through at present. */
  #flows = false;
  #credit = 0;
  #trouble = "";
  #stopped = false;
  #running: Promise<void> | undefined;
  #wake = () => {};

  constructor(options: SpoolDrainOptions) {
    this.#options = options;
  }

  /** Whether older records of the stream wait, so that newer ones have to line up here. */
  inUse(kind: StreamKind): boolean {
    if (!this.#options.spool.isEmptyOf(kind)) return true;
    // What is appended next was first tried at NATS.
    this.#unsure.add(kind);
    return false;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    this.#options.spool.wake();
    this.#letOn();
    await this.#running;
  }

  /** Appends behind all that waits; a NATS that is full is no reason to fill the spool. */
  append(kind: StreamKind, records: number, payload: Buffer): Promise<SpoolOutcome> {
    const full = this.#full.get(kind);
    if (full !== undefined) return Promise.resolve({ kind: "full", reason: full.reason });
    return this.#options.spool.append(kind, records, payload);
  }

  note(bytes: number): void {
    this.#options.spool.note(bytes);
  }

  /** Resolves when one more batch of the stream may line up, or none needs to any more. */
  async room(kind: StreamKind): Promise<void> {
    while (this.#flows && !this.#full.has(kind) && this.inUse(kind) && this.#credit < 1 && !this.#stopped) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#credit = Math.max(0, this.#credit - 1);
  }

  async #run(): Promise<void> {
    const { spool, log } = this.#options;
    while (!this.#stopped) {
      try {
        const nowMs = performance.now();
        const waits = [...this.#full].filter(([, { retryAtMs }]) => retryAtMs > nowMs);
        const but = new Set(waits.map(([kind]) => kind));
        const frame = await spool.first(but);
        if (frame !== undefined) await this.#bring(frame);
        else if (but.size === 0) await this.#wait();
        else await this.#waitForRoom(but, Math.min(...waits.map(([, { retryAtMs }]) => retryAtMs)) - nowMs);
      } catch (error) {
        this.#stumble(messageOf(error));
        log.error("spool.unread", { error: messageOf(error) });
        await this.#pause(fullRetryMs);
      }
    }
  }

  async #wait(): Promise<void> {
    const { spool, log } = this.#options;
    // An append under way is not read yet.
    if (spool.isEmpty && this.#flows) {
      log.info("spool.drained");
      this.#flows = false;
    }
    this.#letOn();
    // What is appended now was first tried at NATS.
    for (const kind of StreamKind.options) this.#unsure.add(kind);
    if (!this.#stopped) await spool.appended();
  }

  /** Until a full stream is to be tried again, or a record of another one lines up. */
  async #waitForRoom(but: ReadonlySet<StreamKind>, ms: number): Promise<void> {
    if (this.#stopped) return;
    await Promise.race([this.#options.spool.appended(but), this.#pause(ms)]);
    this.#wake();
  }

  async #bring(frame: Frame): Promise<void> {
    const { spool, log, isHeld, onStored, onNoStream, isConnected } = this.#options;
    const batch = decodeBatch(frame.payload);
    if (batch === undefined) {
      log.error("spool.not_a_batch", { kind: frame.kind, bytes: frame.payload.length });
      return await spool.take(frame);
    }
    if (isHeld(frame.kind, batch)) return await this.#taken(frame);
    if (!isConnected()) {
      this.#full.clear();
      this.#stumble("NATS on this machine does not answer");
      return await this.#pause(retryMs);
    }
    const published = await this.#publish(frame, batch);
    if (published.kind !== "full") this.#full.delete(frame.kind);
    switch (published.kind) {
      case "stored":
        this.#unsure.delete(frame.kind);
        onStored(frame.kind, batch, published.seq);
        return await this.#taken(frame);
      case "full":
        return this.#isFull(frame.kind, published.reason);
      case "no-stream":
        this.#stumble(published.reason);
        await this.#pause(retryMs);
        return await onNoStream();
      case "unsure":
        this.#unsure.add(frame.kind);
        this.#stumble(published.reason);
        return await this.#pause(retryMs);
    }
  }

  async #publish({ kind, payload }: Frame, batch: Batch): Promise<Published> {
    const { js, manager, onCut } = this.#options;
    try {
      const seq = this.#unsure.has(kind) ? await lastSeqOf(await manager(), kind, batch) : undefined;
      if (seq !== undefined) return { kind: "stored", seq };
    } catch (error) {
      // A last message that cannot be read may be this one, and then is to be stored again.
      if (!isNoMessage(error)) return { kind: "unsure", reason: messageOf(error) };
    }
    return await publishBatch(js, kind, batch, payload, onCut);
  }

  /** Others go on; its own newer records are refused rather than filling the spool. */
  #isFull(kind: StreamKind, reason: string): void {
    if (this.#full.get(kind)?.reason !== reason) this.#options.log.warn("spool.waiting", { kind, reason });
    this.#full.set(kind, { reason, retryAtMs: performance.now() + fullRetryMs });
    this.#letOn();
  }

  async #taken(frame: Frame): Promise<void> {
    await this.#options.spool.take(frame);
    this.#flows = true;
    this.#trouble = "";
    this.#credit = Math.min(maxCredit, this.#credit + 1 / drainedPerAppend);
    this.#letOn();
  }

  #stumble(reason: string): void {
    if (reason !== this.#trouble) this.#options.log.warn("spool.waiting", { reason });
    this.#trouble = reason;
    this.#flows = false;
    this.#letOn();
  }

  #letOn(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
