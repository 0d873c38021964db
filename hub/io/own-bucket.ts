/** This machine's bucket of documents as its hub keeps it: read, written, and filled with what is held and does not stand there. */
import type { JetStreamClient, JetStreamManager } from "nats";
import { type Document, readStored } from "../core/document.ts";
import type { Documents } from "../core/documents.ts";
import { BucketFiller } from "./bucket-filler.ts";
import { BucketReader, holds, type Shown } from "./bucket-reader.ts";
import { bucketStream, type DocumentPlace, ensureBucket, lastAt, type Put, putDocument } from "./document-bucket.ts";
import { type Log, messageOf } from "./log.ts";
import type { NatsLink } from "./nats-link.ts";

/** What of a link to NATS is of interest here. */
export type DocumentLink = Pick<NatsLink, "nc" | "connected" | "onCut">;

export interface OwnBucketOptions {
  machine: string;
  link: DocumentLink;
  /** What is held; takes in what the bucket shows. */
  documents: Documents;
  log: Log;
  /** All that the bucket holds was taken in. */
  onRead(): void;
}

const requestTimeoutMs = 1_000;
const maxTries = 5;

export class OwnBucket {
  readonly #options: OwnBucketOptions;
  readonly #js: JetStreamClient;
  readonly #reader: BucketReader;
  readonly #filler: BucketFiller;
  #wasRead = false;

  constructor(options: OwnBucketOptions) {
    this.#options = options;
    const { machine, link, log } = options;
    this.#js = link.nc.jetstream({ timeout: requestTimeoutMs });
    this.#reader = new BucketReader({
      machine,
      nc: link.nc,
      log,
      prepare: (jsm) => this.#prepare(jsm),
      onShown: (place, document) => this.#onShown(place, document),
      onRead: () => this.#onRead(),
    });
    this.#filler = new BucketFiller({ open: () => this.isOpen, level: (place) => this.#level(place), log });
  }

  /** Whether it can be written to at present. */
  get isOpen(): boolean {
    return this.#reader.live && this.#options.link.connected;
  }

  /** What it was last seen to hold there. */
  shown(place: DocumentPlace): Shown | undefined {
    return this.#reader.shown(place);
  }

  start(): void {
    this.#reader.start();
  }

  /** Reads it from its beginning: the connection was cut. */
  restart(): void {
    this.#reader.restart();
  }

  async stop(): Promise<void> {
    await this.#filler.stop();
    await this.#reader.stop();
  }

  /** Has what is held there stand in it soon, unless it does. */
  fill(place: DocumentPlace): void {
    const document = this.#options.documents.get(place.kind, place.key);
    if (document !== undefined && !holds(this.shown(place), document)) this.#filler.add(place);
  }

  /** Writes over what it was last seen to hold, and after `changed` has seen and taken in what stands there instead. */
  async put(document: Document): Promise<Put> {
    const { machine, link, documents } = this.#options;
    const expectedSeq = this.shown(document)?.seq ?? 0;
    const put = await putDocument(this.#js, machine, document, expectedSeq, link.onCut);
    if (put.kind === "stored") this.#reader.note(document, put.seq, document);
    if (put.kind === "no-stream") this.#reader.restart();
    if (put.kind !== "changed") return put;
    try {
      const jsm = await link.nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
      const last = await lastAt(jsm, machine, document);
      const found = last && readStored(last.text);
      if (last === undefined || found === undefined) this.#reader.forget(document);
      else this.#reader.note(document, last.seq, found);
      if (typeof found === "object") documents.merge(found);
      return put;
    } catch (error) {
      return { kind: "unsure", reason: messageOf(error) };
    }
  }

  async #level(place: DocumentPlace): Promise<void> {
    for (let tries = 1; tries <= maxTries; tries++) {
      const document = this.#options.documents.get(place.kind, place.key);
      const shown = this.shown(place);
      // What a later hub wrote is its own to replace.
      if (document === undefined || holds(shown, document) || shown?.is === "too-new") return;
      const put = await this.put(document);
      if (put.kind !== "stored" && put.kind !== "changed") throw new Error(put.reason);
    }
  }

  async #prepare(jsm: JetStreamManager): Promise<void> {
    const { machine, documents, log } = this.#options;
    if ((await ensureBucket(jsm, machine)) && this.#wasRead)
      log.error("documents.lost", { stream: bucketStream(machine), held: documents.count });
  }

  #onShown(place: DocumentPlace, document: Document | undefined): void {
    if (document !== undefined) this.#options.documents.merge(document);
    // While all of it is being read, a later version may yet come of itself.
    if (this.#reader.live) this.fill(place);
  }

  #onRead(): void {
    this.#wasRead = true;
    for (const document of this.#options.documents.all()) this.fill(document);
    this.#filler.wake();
    this.#options.onRead();
  }
}
