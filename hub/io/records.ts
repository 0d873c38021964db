/** The records of both machines as this hub holds them: appended, copied from the peer, counted, folded, and known to the peer. */
import { randomBytes } from "node:crypto";
import type { NatsConnection } from "nats";
import { z } from "zod";
import type { HubConfig } from "../config.ts";
import type { ClientBook } from "../core/client-book.ts";
import type { Fold } from "../core/fold/fold.ts";
import type { Heartbeat } from "../core/heartbeat.ts";
import {
  type Batch,
  comparePosition,
  type HealthChange,
  lastPosition,
  nextIncarnation,
  RecordPosition,
  StreamKind,
} from "../core/record.ts";
import { type PeerReach, type SyncJudgement, Watermark } from "../core/watermark.ts";
import { Copier } from "./copier.ts";
import { type AppendOutcome, Journal, type Unstamped } from "./journal.ts";
import { type Log, messageOf } from "./log.ts";
import type { NatsLink } from "./nats-link.ts";
import { PeerAcks, type Replication } from "./peer-acks.ts";
import { type ReadBack, readBack } from "./read-back.ts";
import { RecordState } from "./record-state.ts";
import { Snapshots } from "./snapshots.ts";
import { Spool } from "./spool.ts";
import { SpoolDrain, spooledBatches } from "./spool-drain.ts";
import { StreamCare } from "./stream-care.ts";
import { StreamPlaces } from "./stream-places.ts";
import { copyName, streamKinds, streamName } from "./streams.ts";

export interface RecordsOptions {
  config: HubConfig;
  fold: Fold;
  log: Log;
  /** Monotonic ms. */
  clock(): number;
  /** Groups whose text may differ now. */
  onGroups(keys: string[]): void;
  /** The last health change of an agent that was stored before this start. */
  onRemembered(change: HealthChange): void;
  onSync(sync: SyncJudgement): void;
}

const CopiedNews = z.strictObject({ kind: StreamKind, position: RecordPosition });
const copiedSubject = (origin: string) => `tandem.copied.${origin}`;
/** How old an uncopied record may be while the pair still counts as in sync, ms. */
const lagLimitMs = 1_000;
const checkRetryMs = 1_000;
const scrubRetryMs = 5_000;

export class Records {
  readonly #options: RecordsOptions;
  readonly #state: RecordState;
  readonly #places = new StreamPlaces();
  readonly #care: StreamCare;
  readonly #watermark = new Watermark();
  readonly #journals = new Map<StreamKind, Journal>();
  readonly #copiers: Copier[] = [];
  readonly #acks: PeerAcks;
  readonly #snapshots: Snapshots;
  /** How far this machine holds the peer's streams; told to the peer. */
  readonly #copied: Partial<Record<StreamKind, RecordPosition>> = {};
  readonly #newestOwn: Partial<Record<StreamKind, RecordPosition>> = {};
  readonly #spool: Spool | undefined;
  #drain: SpoolDrain | undefined;
  #sync: SyncJudgement;
  #ready = false;
  #checks = 0;

  constructor(options: RecordsOptions) {
    this.#options = options;
    const { config, clock, log, fold, onGroups } = options;
    const [self, peer] = [config.machine.name, config.peer.name];
    this.#spool = config.spool && new Spool({ ...config.spool, log, wallMs: Date.now });
    this.#state = new RecordState({ self, peer, fold, log, onGroups });
    this.#care = new StreamCare({
      self,
      peer,
      state: this.#state,
      places: this.#places,
      log,
      clock,
      newestOwn: (kind) => this.#newestOwn[kind],
      takeOwn: (...taken) => this.#takeOwn(...taken),
      spooled: (kind) => this.spooled(kind),
      onSettled: () => this.#snapshots.force(),
      onOwnLost: (kind) => this.#forgetOwn(kind),
      onCopyLost: (kind) => this.#copier(kind)?.restart(),
    });
    this.#snapshots = new Snapshots({
      self,
      peer,
      state: this.#state,
      places: this.#places,
      log,
      maxAgeMs: config.retentionMs,
      ...config.snapshots,
      copied: () => this.#watermark.positions(),
      onNearlyFull: (stream) => this.#alertNearlyFull(stream),
    });
    this.#sync = { state: "degraded", sinceMs: clock(), reason: "the peer was not heard yet" };
    this.#acks = new PeerAcks({
      deadlineMs: config.peerAckDeadlineMs,
      isCopied: (position) => this.#watermark.isCopied("metrics", position),
      isInSync: () => this.#sync.state === "in-sync",
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  get sync(): SyncJudgement {
    return this.#sync;
  }

  get clients(): ClientBook {
    return this.#state.clients;
  }

  /** Stretches of streams that the disk did not give back as they were written, since the start. */
  get damages(): number {
    return this.#care.damages;
  }

  get snapshots(): Snapshots {
    return this.#snapshots;
  }

  get uncopied(): { records: number; oldestStoredAtMs: number | undefined } {
    return {
      records: this.#watermark.uncopiedRecords() + this.spooled(),
      oldestStoredAtMs: this.#watermark.oldestStoredAtMs(),
    };
  }

  /** Undefined when this hub has none. */
  get spool(): Spool | undefined {
    return this.#spool;
  }

  /** Records of a stream, or of all, that wait in the spool. */
  spooled(kind?: StreamKind): number {
    return this.#spool?.records(kind) ?? 0;
  }

  get queued(): number {
    let sum = 0;
    for (const journal of this.#journals.values()) sum += journal.queued;
    return sum;
  }

  ledgerEntries() {
    return this.#state.ledger.entries((kind) => this.#watermark.uncopiedRecords(kind));
  }

  oldestUncopiedAtMs(kind: StreamKind): number | undefined {
    return this.#watermark.oldestStoredAtMs(kind);
  }

  /** Opens what needs no server. Rejects with what to do when the spool cannot be written to. */
  async open(): Promise<void> {
    try {
      await this.#spool?.open();
    } catch (error) {
      const { path } = this.#options.config.spool ?? { path: "" };
      throw new Error(
        `cannot append to the spool in ${path}: ${messageOf(error)}. Let the hub's user write there, or set spool.path`,
      );
    }
  }

  /**
   * Reads back what is stored, then takes records and copies the peer's.
   * @returns the incarnation under which this hub's records are stored from now on
   */
  async start(link: NatsLink, signal: AbortSignal): Promise<string> {
    const { config, log, onRemembered } = this.#options;
    const { nc } = link;
    const [self, peer] = [config.machine.name, config.peer.name];
    const startedAtMs = performance.now();
    await this.#care.ensure(nc);
    const store = await this.#snapshots.open(nc, signal);
    const [state, places] = [this.#state, this.#places];
    const take = (kind: StreamKind, batch: Batch, streamSeq: number) =>
      batch.origin === self ? this.#takeOwn(kind, batch, streamSeq) : this.#takeCopy(kind, batch, streamSeq);
    const read = await readBack({ self, peer, nc, store, state, places, log, take, signal });
    this.#care.damages += read.damages;
    this.#resume(read);
    await this.#snapshots.catchUp(signal);
    const newestSpooled = await this.#readSpool();
    log.info("records.replayed", { records: read.records, ms: Math.round(performance.now() - startedAtMs) });
    for (const change of state.lastHealth) onRemembered(change);
    const newest = [state.ledger.newestIncarnation(self), newestSpooled].sort().at(-1);
    const incarnation = nextIncarnation(Date.now(), randomBytes(3).toString("hex"), newest);
    this.#begin(link, incarnation, read, signal);
    return incarnation;
  }

  /** What the snapshot knew of own records that the peer may lack, and of the places up to which this machine holds streams. */
  #resume({ snapshot, trusted }: ReadBack): void {
    const { machine, peer } = this.#options.config;
    const { ledger } = this.#state;
    for (const { kind, origin } of trusted) {
      const { newest, count } = ledger.account(kind, origin);
      if (newest === undefined) continue;
      if (origin === peer.name) {
        this.#copied[kind] = newest;
        continue;
      }
      const copied = snapshot?.manifest.copied[kind];
      if (copied !== undefined) this.#watermark.copied(kind, copied);
      const uncopied = count - (copied === undefined ? 0 : ledger.heldUpTo(kind, machine.name, copied));
      if (uncopied > 0) this.#watermark.stored(kind, newest, uncopied, this.#options.clock());
      this.#newestOwn[kind] = newest;
    }
  }

  #begin(link: NatsLink, incarnation: string, read: ReadBack, signal: AbortSignal): void {
    const { config } = this.#options;
    const { nc } = link;
    this.#drain = this.#spool && this.#startDrain(this.#spool, link);
    for (const kind of streamKinds) {
      this.#journals.set(kind, this.#createJournal(kind, link, incarnation));
      this.#copiers.push(this.#createCopier(kind, link, read));
    }
    nc.subscribe(copiedSubject(config.machine.name), {
      callback: (error, message) => {
        if (error === null) this.#heardCopied(message.data);
      },
    });
    for (const copier of this.#copiers) copier.start();
    this.#care.start();
    this.#ready = true;
    this.#snapshots.start(read.snapshot, read.records);
    void this.#scrub(nc, read, signal);
  }

  async #scrub(nc: NatsConnection, { trusted }: ReadBack, signal: AbortSignal): Promise<void> {
    for (const { kind, origin } of trusted) {
      while (!signal.aborted) {
        try {
          await this.#care.scrub(nc, kind, origin, signal);
          break;
        } catch (error) {
          if (signal.aborted) return;
          this.#options.log.warn("streams.unscrubbed", { kind, origin, error: messageOf(error) });
          await new Promise((resolve) => setTimeout(resolve, scrubRetryMs));
        }
      }
    }
  }

  /** NATS was away: it may have lost streams, or the end of one. Tries until it knows. */
  async checkStreams(nc: NatsConnection, signal: AbortSignal): Promise<void> {
    const check = ++this.#checks;
    await this.#snapshots.ensure();
    for (;;) {
      try {
        await this.#care.check(nc, signal);
        this.#options.log.info("streams.checked");
        return;
      } catch (error) {
        // NATS may need some time for its streams. When it was away once more, that is looked into by itself.
        if (signal.aborted || check !== this.#checks) return;
        this.#options.log.warn("streams.unchecked", { error: messageOf(error) });
        await new Promise((resolve) => setTimeout(resolve, checkRetryMs));
      }
    }
  }

  /** Brings back own records that only the peer holds; once at a time, and again later when it fails. */
  async refill(nc: NatsConnection, signal: AbortSignal): Promise<void> {
    await this.#care.refill(nc, signal);
  }

  append(kind: StreamKind, record: Unstamped): Promise<AppendOutcome> {
    const journal = this.#journals.get(kind);
    if (journal === undefined)
      return Promise.resolve({ kind: "unavailable", reason: "NATS on this machine does not answer yet" });
    return journal.append(record);
  }

  /** Where this machine's newest push is; what is older is copied before it. */
  newestPush(): RecordPosition | "spool" {
    return this.spooled("metrics") > 0 ? "spool" : (this.#newestOwn.metrics ?? { incarnation: "", seq: 0 });
  }

  /** Waits until the peer holds the push at this position, or it is clear that it will not soon. */
  replicated(position: RecordPosition): Promise<Replication> {
    return this.#acks.wait(position);
  }

  /**
   * The part of a heartbeat that this hub says of its records.
   * @param full with what changes rarely
   */
  forHeartbeat(full = true): Pick<Heartbeat, "copied" | "holdings" | "snapshot"> {
    const snapshot = full ? this.#snapshots.word() : undefined;
    return { copied: this.#copied, holdings: this.#state.ledger.holdings(), ...(snapshot && { snapshot }) };
  }

  heardPeer(beat: Heartbeat): void {
    const shrunk = this.#state.ledger.heardHoldings(beat.holdings);
    for (const kind of shrunk) this.#options.log.error("records.peer_lost", { kind, copies: beat.holdings });
    for (const kind of streamKinds) {
      const position = beat.copied[kind];
      if (position !== undefined) this.#peerCopied(kind, position);
    }
    if (beat.snapshot !== undefined) this.#snapshots.heard(beat.snapshot);
  }

  /** The peer was heard on NATS again: copying need not wait out its pause. */
  nudge(): void {
    for (const copier of this.#copiers) copier.nudge();
  }

  judgeSync(reach: Omit<PeerReach, "spooled">): void {
    const sync = this.#watermark.judge(
      this.#sync,
      { ...reach, spooled: this.spooled() },
      this.#options.clock(),
      lagLimitMs,
    );
    if (sync === this.#sync) return;
    const changed = sync.state !== this.#sync.state;
    this.#sync = sync;
    if (sync.state === "degraded") this.#acks.giveUp();
    if (changed) this.#options.onSync(sync);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#journals.values()].map((journal) => journal.stop()));
    this.#acks.giveUp();
    await this.#drain?.stop();
    await this.#spool?.close();
    await Promise.all(this.#copiers.map((copier) => copier.stop()));
    await this.#snapshots.stop();
  }

  #createJournal(kind: StreamKind, link: NatsLink, incarnation: string): Journal {
    const { config, log } = this.#options;
    return new Journal({
      kind,
      machine: config.machine.name,
      incarnation,
      js: link.nc.jetstream({ timeout: 2_000 }),
      log,
      clock: this.#state.clock,
      storeDeadlineMs: config.storeDeadlineMs,
      maxQueued: config.maxQueuedPushes,
      onStored: (batch, streamSeq) => this.#takeOwn(kind, batch, streamSeq),
      onSpooled: (batch) => this.#state.foldAll(kind, batch),
      detour: this.#drain,
      onCut: this.#drain && link.onCut,
      maxMessageBytes: () => link.nc.info?.max_payload ?? Number.POSITIVE_INFINITY,
      onNoStream: () => this.#care.mend(link.nc),
      unavailable: () => (link.connected ? undefined : "NATS on this machine does not answer"),
    });
  }

  /** @returns the newest incarnation that it names; empty when there is none */
  async #readSpool(): Promise<string> {
    let newest = "";
    for await (const { kind, batch } of spooledBatches(this.#spool)) {
      if (batch.incarnation > newest) newest = batch.incarnation;
      if (!this.#state.isHeld(kind, batch)) this.#state.foldAll(kind, batch);
    }
    return newest;
  }

  #startDrain(spool: Spool, link: NatsLink): SpoolDrain {
    const drain = new SpoolDrain({
      spool,
      js: link.nc.jetstream({ timeout: 2_000 }),
      manager: () => link.nc.jetstreamManager({ checkAPI: false, timeout: 2_000 }),
      log: this.#options.log,
      isConnected: () => link.connected,
      onCut: link.onCut,
      isHeld: (kind, batch) => this.#state.isHeld(kind, batch),
      onStored: (kind, batch, streamSeq) => this.#takeOwn(kind, batch, streamSeq),
      onNoStream: () => this.#care.mend(link.nc),
    });
    drain.start();
    return drain;
  }

  #createCopier(kind: StreamKind, link: NatsLink, { copiedSeqs, damagedCopies }: ReadBack): Copier {
    const { config, log } = this.#options;
    const { ledger } = this.#state;
    const origin = config.peer.name;
    return new Copier({
      kind,
      origin,
      nc: link.nc,
      log,
      handedOverSeq: copiedSeqs.get(kind) ?? 0,
      isDamaged: damagedCopies.has(kind),
      isHeld: (batch) => this.#state.isHeld(kind, batch),
      holes: () => ledger.holes(kind, origin),
      onLost: () => {
        ledger.forget(kind, origin);
        this.#places.begin(copyName(kind, origin), "", 0);
        delete this.#copied[kind];
      },
      onNoStream: () => this.#care.mend(link.nc),
      onCopied: (batch, streamSeq) => {
        this.#takeCopy(kind, batch, streamSeq);
        const news: z.infer<typeof CopiedNews> = { kind, position: lastPosition(batch) };
        link.nc.publish(copiedSubject(origin), JSON.stringify(news));
      },
    });
  }

  #copier(kind: StreamKind): Copier | undefined {
    return this.#copiers.find((copier) => copier.kind === kind);
  }

  #takeOwn(kind: StreamKind, batch: Batch, streamSeq: number): void {
    const position = lastPosition(batch);
    const newest = this.#newestOwn[kind];
    if (newest === undefined || comparePosition(position, newest) > 0) this.#newestOwn[kind] = position;
    this.#watermark.stored(kind, position, batch.records.length, this.#options.clock());
    this.#places.take(streamName(kind), streamSeq);
    this.#state.take(kind, batch);
  }

  #takeCopy(kind: StreamKind, batch: Batch, streamSeq: number | undefined): void {
    const position = lastPosition(batch);
    const before = this.#copied[kind];
    if (before === undefined || comparePosition(before, position) < 0) this.#copied[kind] = position;
    if (streamSeq !== undefined) this.#places.take(copyName(kind, batch.origin), streamSeq);
    this.#state.take(kind, batch);
  }

  #forgetOwn(kind: StreamKind): void {
    this.#state.ledger.forget(kind, this.#options.config.machine.name);
    delete this.#newestOwn[kind];
  }

  #alertNearlyFull(stream: string): void {
    const message = `${stream} is nearly full: its oldest records go before their age`;
    const { name: subject } = this.#options.config.machine;
    void this.append("alerts", { kind: "alert", severity: "warning", name: "store-nearly-full", subject, message });
  }

  #heardCopied(data: Uint8Array): void {
    const news = CopiedNews.safeParse(safeJson(data));
    if (news.success) this.#peerCopied(news.data.kind, news.data.position);
    else this.#options.log.warn("records.malformed_news");
  }

  #peerCopied(kind: StreamKind, position: RecordPosition): void {
    // A position in records that this machine does not have says nothing of those that it has.
    if (!this.#state.ledger.knows(kind, this.#options.config.machine.name, position.incarnation)) return;
    this.#watermark.copied(kind, position);
    if (kind === "metrics") this.#acks.copied(position);
  }
}

function safeJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
}
