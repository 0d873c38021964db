/** Keeps the documents of this hub: in memory, in this machine's bucket, and level with the peer's, whatever dies meanwhile. */
import { type Document, documentId, revisionOf } from "../core/document.ts";
import { type DocumentRefusal, Documents, type DocumentWrite } from "../core/documents.ts";
import { isAhead } from "../core/hlc.ts";
import type { Refused } from "../core/refused.ts";
import { BucketReader, holds } from "./bucket-reader.ts";
import { type Copies, DocumentCopies } from "./document-copies.ts";
import type { Log } from "./log.ts";
import { type DocumentLink, OwnBucket } from "./own-bucket.ts";
import { within } from "./within.ts";

export interface DocumentStoreOptions {
  machine: string;
  /** The peer's machine, which is the name of its domain too. */
  peer: string;
  log: Log;
  refused: Refused;
}

export type WriteOutcome =
  | { kind: "stored"; revision: string; copies: Copies }
  | { kind: "conflict"; present: Document | undefined }
  | DocumentRefusal
  | { kind: "refused"; why: "away"; reason: string };

/** The peer's bucket is waited for so long at a start: it may hold what this machine has lost, ms. */
const peerPatienceMs = 3_000;
/** Until a write that others get in the way of is given up, ms and tries. */
const writeDeadlineMs = 3_000;
const maxTries = 5;
const maxUnderWay = 64;
/** Documents of the peer that are said to be passed over, one by one. */
const maxComplaints = 100;
const readAgainMs = 60_000;

const elsewhere = "ask the other machine's hub, or this one again when its NATS answers";

export class DocumentStore {
  readonly #options: DocumentStoreOptions;
  readonly #documents: Documents;
  readonly #copies = new DocumentCopies();
  readonly #underWay = new Set<Promise<WriteOutcome>>();
  readonly #passedOver = new Set<string>();
  #own: OwnBucket | undefined;
  #peers: BucketReader | undefined;
  #isConnected = () => false;
  #ownRead = false;
  #peersRead = false;
  #patience: NodeJS.Timeout | undefined;
  #readAgain: NodeJS.Timeout | undefined;
  #onRead: () => void = () => {};
  readonly #read = new Promise<void>((resolve) => {
    this.#onRead = resolve;
  });
  #stopped = false;

  constructor(options: DocumentStoreOptions) {
    this.#options = options;
    this.#documents = new Documents(options.machine);
  }

  /** Number of documents that this hub holds. */
  get count(): number {
    return this.#documents.count;
  }

  /** Documents that the peer's bucket was not seen to hold in their present version. */
  get peerLag(): number {
    let lag = 0;
    for (const document of this.#documents.all()) if (!holds(this.#peers?.shown(document), document)) lag++;
    return lag;
  }

  /** Why documents cannot be told yet; undefined when they can, also while NATS is away. */
  get unread(): string | undefined {
    const { machine } = this.#options;
    if (!this.#ownRead) return `the documents of ${machine} were not read from its NATS yet; ${elsewhere}`;
    if (!this.#peersRead) return `the peer's documents are still being read; ask again in ${peerPatienceMs / 1_000} s`;
    return undefined;
  }

  /** Waits until documents can be told. @returns whether they can after so long, ms */
  whenRead(ms: number): Promise<boolean> {
    return within(ms, this.#read);
  }

  /** Of one kind, by key. */
  list(kind: string): Document[] {
    return this.#documents.list(kind);
  }

  get(kind: string, key: string): Document | undefined {
    return this.#documents.get(kind, key);
  }

  /** As this hub holds it at present; undefined where there is none. */
  valueOf(kind: string, key: string): unknown {
    return this.get(kind, key)?.value;
  }

  /** Reads both buckets from now on, again and again. */
  start(link: DocumentLink): void {
    if (this.#stopped) return;
    const { machine, peer, log } = this.#options;
    this.#isConnected = () => link.connected;
    this.#own = new OwnBucket({ machine, link, documents: this.#documents, log, onRead: () => this.#onOwnRead() });
    this.#peers = new BucketReader({
      machine: peer,
      domain: peer,
      nc: link.nc,
      log,
      onShown: (_, document) => this.#peerShows(document),
      onRead: () => this.#onPeersRead(),
      onMissing: () => this.#onPeersRead(),
      onBroken: () => this.#copies.giveUp(),
    });
    this.#own.start();
    this.#peers.start();
  }

  /** The connection stands again, maybe to a server that has lost its disk. */
  reconnected(): void {
    this.#own?.restart();
    this.#peers?.restart();
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#patience);
    clearTimeout(this.#readAgain);
    this.#copies.giveUp();
    await Promise.all(this.#underWay);
    await Promise.all([this.#own?.stop(), this.#peers?.stop()]);
  }

  /** Resolves when it stands in this machine's bucket, and with 2 copies when it was seen to stand in the peer's. */
  async write(write: DocumentWrite): Promise<WriteOutcome> {
    const away = this.#whyAway();
    if (away !== undefined) return refused(away);
    const written = this.#write(write);
    this.#underWay.add(written);
    try {
      return await written;
    } finally {
      this.#underWay.delete(written);
    }
  }

  async #write(write: DocumentWrite): Promise<WriteOutcome> {
    const endMs = performance.now() + writeDeadlineMs;
    for (let tries = 1; this.#own !== undefined && tries <= maxTries && performance.now() < endMs; tries++) {
      const draft = this.#documents.draft(write, Date.now());
      if (draft.kind !== "draft") return draft;
      const { document } = draft;
      if (this.#own.shown(document)?.is === "too-new")
        return refused("a later version of the hub wrote what stands there; bring this hub to that version first");
      const put = await this.#own.put(document);
      if (put.kind === "stored") return await this.#stored(document);
      if (put.kind === "full") return { kind: "refused", why: "full", reason: put.reason };
      if (put.kind === "no-stream") return refused(`${put.reason}; nothing was stored; ${elsewhere}`);
      // A repetition that names the revision that it replaces does no harm: it meets what was stored, be it itself.
      if (put.kind === "unsure") return refused(`${put.reason}; it may be stored all the same, so read it first`);
    }
    return refused("others write it at the same time, and went first each time; read it and try again");
  }

  async #stored(document: Document): Promise<WriteOutcome> {
    this.#documents.merge(document);
    return { kind: "stored", revision: revisionOf(document), copies: await this.#copiesOf(document) };
  }

  #copiesOf(document: Document): Promise<Copies> | Copies {
    if (holds(this.#peers?.shown(document), document)) return 2;
    // Without the peer's bucket in sight there is nothing to wait for.
    return this.#peers?.live && !this.#stopped ? this.#copies.wait(document) : 1;
  }

  #whyAway(): string | undefined {
    const { machine } = this.#options;
    if (this.#stopped) return "this hub is stopping; ask again in a second";
    if (this.unread !== undefined) return this.unread;
    if (!this.#isConnected()) return `NATS on ${machine} does not answer; ${elsewhere}`;
    if (!this.#own?.isOpen) return `the documents of ${machine} are being read again; ask again in a second`;
    if (this.#underWay.size >= maxUnderWay) return `${maxUnderWay} writes are under way; ask again in a second`;
    return undefined;
  }

  #peerShows(document: Document | undefined): void {
    if (document === undefined) return;
    const why = this.#documents.whyNotPeers(document, Date.now());
    if (why !== undefined) {
      this.#passOver(document, why);
      return;
    }
    this.#copies.shown(document, document);
    if (this.#documents.merge(document)) this.#own?.fill(document);
  }

  /** The clock that is wrong may be this machine's, and then be set. */
  #readAgainLater(): void {
    this.#readAgain ??= setTimeout(() => {
      this.#readAgain = undefined;
      this.#peers?.restart();
    }, readAgainMs).unref();
  }

  /** Said once for each, since a bucket is read anew after each break. */
  #passOver({ kind, key, at }: Document, why: string): void {
    const { peer, refused, log } = this.#options;
    refused.count("document");
    if (isAhead(at, Date.now())) this.#readAgainLater();
    const id = documentId({ kind, key });
    if (this.#passedOver.has(id) || this.#passedOver.size >= maxComplaints) return;
    this.#passedOver.add(id);
    log.error("documents.inadmissible", { from: peer, kind, key, why });
  }

  #onOwnRead(): void {
    if (this.#ownRead) return;
    this.#ownRead = true;
    this.#options.log.info("documents.read", { count: this.count });
    if (this.#peersRead) this.#onRead();
    else this.#patience = setTimeout(() => this.#onPeersRead(), peerPatienceMs);
  }

  #onPeersRead(): void {
    this.#peersRead = true;
    this.#copies.resume();
    if (this.#ownRead) this.#onRead();
  }
}

const refused = (reason: string): WriteOutcome => ({ kind: "refused", why: "away", reason });
