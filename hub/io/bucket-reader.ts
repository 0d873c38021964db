/** Reads a bucket of documents, here or in the peer's domain: whole, and then as it changes; from its beginning after each break. */
import type { JetStreamManager, NatsConnection } from "nats";
import { compareStamps, type Document, documentId, readStored, type Stamp, type Unreadable } from "../core/document.ts";
import { bucketStream, type DocumentPlace, placeOf } from "./document-bucket.ts";
import { type FedMessage, feed } from "./feed.ts";
import { acrossLink } from "./inboxes.ts";
import { type Log, messageOf } from "./log.ts";
import { isNoStream } from "./streams.ts";

/** What a bucket was last seen to hold under a key. */
export interface Shown {
  seq: number;
  is: Stamp | Unreadable;
}

export interface BucketReaderOptions {
  /** Whose bucket it is. */
  machine: string;
  /** Where it is not this machine's. */
  domain?: string;
  nc: NatsConnection;
  log: Log;
  /** Called before the bucket is read. @default nothing */
  prepare?(jsm: JetStreamManager): Promise<void>;
  /** The bucket shows something new; `document` is undefined when that cannot be read. */
  onShown(place: DocumentPlace, document: Document | undefined): void;
  /** All that the bucket holds was shown. */
  onRead(): void;
  /** There is no bucket. @default nothing */
  onMissing?(): void;
  /** From now on it may change unseen. @default nothing */
  onBroken?(): void;
}

const requestTimeoutMs = 1_000;
const retryMs = 250;
/** No hub writes a longer one: a value, a key and what goes with them, bytes. */
const maxStoredBytes = 128 * 1024;
/** More keys than all hubs together are allowed to write. */
const maxKeys = 100_000;

export class BucketReader {
  readonly #options: BucketReaderOptions;
  readonly #stop = new AbortController();
  #session = new AbortController();
  #running: Promise<void> | undefined;
  #shown = new Map<string, Shown>();
  #live = false;
  #complaint = "";
  #endPause = () => {};

  constructor(options: BucketReaderOptions) {
    this.#options = options;
  }

  /** Whether all was read, and what changes is seen as it does. */
  get live(): boolean {
    return this.#live;
  }

  shown(place: DocumentPlace): Shown | undefined {
    return this.#shown.get(documentId(place));
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Reads from the beginning: the connection was cut, or the bucket is missing. */
  restart(): void {
    this.#session.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#session.abort();
    this.#endPause();
    await this.#running;
  }

  /** What was learned of it otherwise. */
  note(place: DocumentPlace, seq: number, is: Stamp | Unreadable): void {
    this.#shown.set(documentId(place), shownAs(seq, is));
  }

  /** Nothing stands there any more. */
  forget(place: DocumentPlace): void {
    this.#shown.delete(documentId(place));
  }

  async #run(): Promise<void> {
    const { machine, log, onBroken, onMissing } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#session = new AbortController();
      try {
        await this.#read(this.#session.signal);
      } catch (error) {
        const message = messageOf(error);
        if (!signal.aborted && !this.#session.signal.aborted && message !== this.#complaint)
          log.warn("documents.unread", { machine, error: message });
        this.#complaint = message;
        if (isNoStream(error)) {
          this.#shown = new Map();
          onMissing?.();
        }
      }
      if (this.#live) onBroken?.();
      this.#live = false;
      if (!signal.aborted) await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, retryMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { machine, domain, prepare, onRead } = this.#options;
    const where = domain === undefined ? {} : { domain };
    const nc = domain === undefined ? this.#options.nc : acrossLink(this.#options.nc);
    const jsm = await nc.jetstreamManager({ ...where, checkAPI: false, timeout: requestTimeoutMs });
    await prepare?.(jsm);
    // What was seen last stays known until there is better.
    const shown = new Map<string, Shown>();
    let lastSeq = 0;
    const take = (message: FedMessage) => {
      lastSeq = message.streamSeq;
      this.#take(shown, message);
    };
    const stream = bucketStream(machine);
    for await (const message of feed(nc, jsm, stream, 1, signal, { untilCaughtUp: true })) take(message);
    signal.throwIfAborted();
    this.#shown = shown;
    this.#live = true;
    this.#complaint = "";
    onRead();
    for await (const message of feed(nc, jsm, stream, lastSeq + 1, signal)) take(message);
  }

  #take(shown: Map<string, Shown>, { subject, streamSeq, data }: FedMessage): void {
    const { machine, log, onShown } = this.#options;
    const place = placeOf(machine, subject);
    if (place === undefined) {
      log.error("documents.foreign", { machine, subject });
      return;
    }
    const id = documentId(place);
    if (shown.size >= maxKeys && !shown.has(id)) return;
    const found = data.byteLength > maxStoredBytes ? "damaged" : readStored(Buffer.from(data).toString());
    const isThis = typeof found !== "string" && documentId(found) === documentId(place);
    const is = typeof found !== "string" && !isThis ? "damaged" : found;
    // What was stored meanwhile may be known before it is read.
    if ((shown.get(id)?.seq ?? 0) < streamSeq) shown.set(id, shownAs(streamSeq, is));
    if (typeof is === "string") log.error("documents.unreadable", { machine, ...place, why: is });
    onShown(place, typeof is === "string" ? undefined : is);
  }
}

/** Whether that very version, or a later one, was seen to stand there. */
export function holds(shown: Shown | undefined, version: Stamp): boolean {
  return typeof shown?.is === "object" && compareStamps(shown.is, version) >= 0;
}

function shownAs(seq: number, is: Stamp | Unreadable): Shown {
  return { seq, is: typeof is === "string" ? is : { at: is.at, machine: is.machine } };
}
