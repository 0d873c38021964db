/**
 * Brings what the spool holds into its streams, oldest first, under the ids that it was spooled with, so that a repetition
 * after a crash is recognised. While it works newer records line up behind it in the spool, at a pace that lets it end.
 */
import type { JetStreamClient, JetStreamManager } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import { type Batch, StreamKind } from "../core/record.ts";
import { type Log, messageOf } from "./log.ts";
import { messageId, type OnCut, type Published, publishBatch } from "./publish.ts";
import type { Spool, SpoolOutcome } from "./spool.ts";
import type { Frame } from "./spool-frames.ts";
import { isNoMessage, recordSubject, streamName } from "./streams.ts";

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

export class SpoolDrain {
  readonly #options: SpoolDrainOptions;
  readonly #waiting: (() => void)[] = [];
  /** Streams into which the next batch may have come already without our having heard so. */
  readonly #unsure = new Set<StreamKind>(StreamKind.options);
  #full: string | undefined;
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

  /** Whether older records wait, so that newer ones have to line up here. */
  get inUse(): boolean {
    return !this.#options.spool.isEmpty;
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
    if (this.#full !== undefined) return Promise.resolve({ kind: "full", reason: this.#full });
    return this.#options.spool.append(kind, records, payload);
  }

  note(bytes: number): void {
    this.#options.spool.note(bytes);
  }

  /** Resolves when one more batch may line up, or none needs to any more. */
  async room(): Promise<void> {
    while (this.#flows && this.inUse && this.#credit < 1 && !this.#stopped) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#credit = Math.max(0, this.#credit - 1);
  }

  async #run(): Promise<void> {
    const { spool, log } = this.#options;
    while (!this.#stopped) {
      try {
        const frame = await spool.first();
        if (frame !== undefined) await this.#bring(frame);
        else await this.#wait();
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

  async #bring(frame: Frame): Promise<void> {
    const { spool, log, isHeld, onStored, onNoStream, isConnected } = this.#options;
    const batch = decodeBatch(frame.payload);
    if (batch === undefined) {
      log.error("spool.not_a_batch", { kind: frame.kind, bytes: frame.payload.length });
      return await spool.shift();
    }
    if (isHeld(frame.kind, batch)) return await this.#taken();
    if (!isConnected()) {
      this.#full = undefined;
      this.#stumble("NATS on this machine does not answer");
      return await this.#pause(retryMs);
    }
    const published = await this.#publish(frame, batch);
    this.#full = published.kind === "full" ? published.reason : undefined;
    switch (published.kind) {
      case "stored":
        this.#unsure.delete(frame.kind);
        onStored(frame.kind, batch, published.seq);
        return await this.#taken();
      case "full":
        this.#stumble(published.reason);
        return await this.#pause(fullRetryMs);
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
    const { js, onCut } = this.#options;
    try {
      const seq = this.#unsure.has(kind) ? await this.#lastSeqOf(kind, batch) : undefined;
      if (seq !== undefined) return { kind: "stored", seq };
    } catch (error) {
      // A last message that cannot be read may be this one, and then is to be stored again.
      if (!isNoMessage(error)) return { kind: "unsure", reason: messageOf(error) };
    }
    return await publishBatch(js, kind, batch, payload, onCut);
  }

  /** NATS forgets the ids of messages after two minutes; of one in flight at a time, only the last can be the one. */
  async #lastSeqOf(kind: StreamKind, batch: Batch): Promise<number | undefined> {
    const jsm = await this.#options.manager();
    const { state } = await jsm.streams.info(streamName(kind));
    if (state.messages === 0) return undefined;
    const last = await jsm.streams.getMessage(streamName(kind), { last_by_subj: recordSubject(kind, batch.origin) });
    const stored = decodeBatch(last.data);
    return stored !== undefined && messageId(stored) === messageId(batch) ? last.seq : undefined;
  }

  async #taken(): Promise<void> {
    await this.#options.spool.shift();
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
