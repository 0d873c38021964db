/** The records of both machines as this hub holds them: appended, copied from the peer, counted, folded, and known to the peer. */
import { randomBytes } from "node:crypto";
import type { NatsConnection } from "nats";
import { z } from "zod";
import type { HubConfig } from "../config.ts";
import { ClientBook } from "../core/client-book.ts";
import type { Fold } from "../core/fold/fold.ts";
import { groupKey } from "../core/group-path.ts";
import type { Heartbeat } from "../core/heartbeat.ts";
import { type Hlc, hlcZero, mergeHlc } from "../core/hlc.ts";
import { Ledger } from "../core/ledger.ts";
import {
  type Batch,
  comparePosition,
  type HealthChange,
  lastPosition,
  nextIncarnation,
  type Push,
  RecordPosition,
  StreamKind,
} from "../core/record.ts";
import { type PeerReach, type SyncJudgement, Watermark } from "../core/watermark.ts";
import { Copier, decodeBatch } from "./copier.ts";
import { type AppendOutcome, Journal, type Unstamped } from "./journal.ts";
import { type Log, messageOf } from "./log.ts";
import type { NatsLink } from "./nats-link.ts";
import { PeerAcks, type Replication } from "./peer-acks.ts";
import { refill } from "./refill.ts";
import { lastStored, replay } from "./replay.ts";
import { Spool } from "./spool.ts";
import { SpoolDrain } from "./spool-drain.ts";
import { copyName, ensureStreams, streamKinds, streamName } from "./streams.ts";

export interface RecordsOptions {
  config: HubConfig;
  fold: Fold;
  log: Log;
  /** Monotonic ms. */
  clock(): number;
  /** Groups whose text may differ now. */
  onGroups(keys: string[]): void;
  /** A health change that was stored before this start. */
  onRemembered(change: HealthChange): void;
  onSync(sync: SyncJudgement): void;
}

const CopiedNews = z.strictObject({ kind: StreamKind, position: RecordPosition });
const copiedSubject = (origin: string) => `tandem.copied.${origin}`;
/** How old an uncopied record may be while the pair still counts as in sync, ms. */
const lagLimitMs = 1_000;
const maxRefillPauseMs = 600_000;

export class Records {
  readonly #options: RecordsOptions;
  readonly #ledger: Ledger;
  /** As `#ledger`, but nothing is ever forgotten: what is stored once more was pushed only once. */
  readonly #noted: Ledger;
  readonly clients = new ClientBook();
  readonly #watermark = new Watermark();
  readonly #journals = new Map<StreamKind, Journal>();
  readonly #copiers: Copier[] = [];
  readonly #acks: PeerAcks;
  readonly #clock: { now: Hlc; wallMs(): number } = { now: hlcZero, wallMs: Date.now };
  /** How far this machine holds the peer's streams; told to the peer. */
  readonly #copied: Partial<Record<StreamKind, RecordPosition>> = {};
  readonly #spool: Spool | undefined;
  #drain: SpoolDrain | undefined;
  #sync: SyncJudgement;
  readonly #newestOwn: Partial<Record<StreamKind, RecordPosition>> = {};
  #ready = false;
  #refilling = false;
  /** Between two refills that bring nothing, ms, and when the next one may begin. */
  #refillPauseMs = 0;
  #refillAfterMs = 0;
  #lastLost = "";
  /** Stretches of streams that the disk did not give back as they were written, since the start. */
  damages = 0;

  constructor(options: RecordsOptions) {
    this.#options = options;
    const { config, clock, log } = options;
    this.#spool = config.spool && new Spool({ ...config.spool, log, wallMs: Date.now });
    this.#ledger = new Ledger(config.machine.name, config.peer.name);
    this.#noted = new Ledger(config.machine.name, config.peer.name);
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
    return this.#ledger.entries((kind) => this.#watermark.uncopiedRecords(kind));
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
    const { config, log } = this.#options;
    const { nc } = link;
    const startedAtMs = performance.now();
    await this.ensureStreams(nc);
    let records = 0;
    const copied = new Map<StreamKind, number>();
    for (const kind of streamKinds) {
      const own = await replay(nc, streamName(kind), log, (batch) => this.#takeOwn(kind, batch), signal);
      const copyOf = copyName(kind, config.peer.name);
      const copy = await replay(nc, copyOf, log, (batch) => this.#takeCopy(kind, batch), signal);
      records += own.records + copy.records;
      this.damages += own.damages + copy.damages;
      copied.set(kind, copy.lastSeq);
    }
    const newestSpooled = await this.#readSpool();
    log.info("records.replayed", { records, ms: Math.round(performance.now() - startedAtMs) });
    const newestStored = this.#ledger.newestIncarnation(config.machine.name);
    const newest = [newestStored, newestSpooled].sort().at(-1);
    const incarnation = nextIncarnation(Date.now(), randomBytes(3).toString("hex"), newest);
    this.#drain = this.#spool && this.#startDrain(this.#spool, link);
    for (const kind of streamKinds) {
      this.#journals.set(kind, this.#journal(kind, link, incarnation));
      this.#copiers.push(this.#copier(kind, link, copied.get(kind) ?? 0));
    }
    nc.subscribe(copiedSubject(config.machine.name), {
      callback: (error, message) => {
        if (error === null) this.#heardCopied(message.data);
      },
    });
    for (const copier of this.#copiers) copier.start();
    this.#ready = true;
    return incarnation;
  }

  /** Makes streams that are missing; after the start a missing one means that NATS lost its disk. */
  async ensureStreams(nc: NatsConnection): Promise<void> {
    const { config, log } = this.#options;
    const [self, peer] = [config.machine.name, config.peer.name];
    const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: 5_000 });
    const made = await ensureStreams(jsm, self, peer);
    if (!this.#ready || made.length === 0) return;
    log.error("streams.lost", { made });
    for (const kind of streamKinds) if (made.includes(streamName(kind))) this.#forgetOwn(kind);
    // A copier alone knows what it has put into its copy, so it is told to look.
    for (const copier of this.#copiers) if (made.includes(copyName(copier.kind, peer))) copier.restart();
  }

  /** NATS was away: it may have lost streams, or the end of one, which it does when its disk has damaged a message. */
  async checkStreams(nc: NatsConnection, signal: AbortSignal): Promise<void> {
    await this.ensureStreams(nc);
    if (!this.#ready || this.#refilling) return;
    // What is read back must not be refilled at the same time.
    this.#refilling = true;
    try {
      for (const kind of streamKinds) await this.#checkEnd(nc, kind, signal);
    } finally {
      this.#refilling = false;
    }
  }

  async #checkEnd(nc: NatsConnection, kind: StreamKind, signal: AbortSignal): Promise<void> {
    const { config, log } = this.#options;
    const newest = this.#newestOwn[kind];
    const last = await lastStored(nc, kind, config.machine.name);
    if (newest === undefined || (last !== undefined && comparePosition(last, newest) >= 0)) return;
    log.error("streams.end_lost", { stream: streamName(kind), had: newest, has: last });
    this.damages++;
    this.#forgetOwn(kind);
    const reread = (batch: Batch) => {
      if (!this.#isHeld(kind, batch)) this.#takeOwn(kind, batch);
    };
    await replay(nc, streamName(kind), log, reread, signal);
  }

  #forgetOwn(kind: StreamKind): void {
    this.#ledger.forget(kind, this.#options.config.machine.name);
    delete this.#newestOwn[kind];
  }

  /** Brings back own records that only the peer holds; once at a time, and again later when it fails. */
  async refill(nc: NatsConnection, signal: AbortSignal): Promise<void> {
    const { config, log } = this.#options;
    const lost = streamKinds.filter((kind) => this.#ledger.lostHere(kind) > 0);
    const nowMs = this.#options.clock();
    if (!this.#ready || this.#refilling || lost.length === 0 || nowMs < this.#refillAfterMs) return;
    const word = lost.map((kind) => `${kind} ${this.#ledger.lostHere(kind)}`).join();
    if (word !== this.#lastLost) log.error("records.lost", { lost: word });
    this.#lastLost = word;
    this.#refilling = true;
    let brought = 0;
    try {
      for (const kind of lost) {
        const records = await refill({
          kind,
          machine: config.machine.name,
          peer: config.peer.name,
          nc,
          isHeld: (batch) => this.#isHeld(kind, batch),
          onRefilled: (batch) => this.#takeOwn(kind, batch),
          signal,
        });
        brought += records;
        if (records > 0) log.warn("records.refilled", { kind, records });
      }
      // What the peer does not hold either is looked for ever more rarely, since each time all of its copy is read.
      this.#refillPauseMs = brought > 0 ? 0 : Math.min(maxRefillPauseMs, Math.max(1_000, this.#refillPauseMs * 2));
      this.#refillAfterMs = nowMs + this.#refillPauseMs;
    } catch (error) {
      if (!signal.aborted) log.warn("records.refill_waits", { error: messageOf(error) });
    } finally {
      this.#refilling = false;
    }
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

  /** The part of a heartbeat that this hub says of its records. */
  forHeartbeat(): Pick<Heartbeat, "copied" | "holdings"> {
    return { copied: this.#copied, holdings: this.#ledger.holdings() };
  }

  heardPeer(beat: Heartbeat): void {
    const shrunk = this.#ledger.heardHoldings(beat.holdings);
    for (const kind of shrunk) this.#options.log.error("records.peer_lost", { kind, copies: beat.holdings });
    for (const kind of streamKinds) {
      const position = beat.copied[kind];
      if (position !== undefined) this.#peerCopied(kind, position);
    }
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
  }

  #journal(kind: StreamKind, link: NatsLink, incarnation: string): Journal {
    const { config, log } = this.#options;
    return new Journal({
      kind,
      machine: config.machine.name,
      incarnation,
      js: link.nc.jetstream({ timeout: 2_000 }),
      log,
      clock: this.#clock,
      storeDeadlineMs: config.storeDeadlineMs,
      maxQueued: config.maxQueuedPushes,
      onStored: (batch) => this.#takeOwn(kind, batch),
      onSpooled: (batch) => this.#foldAll(kind, batch),
      detour: this.#drain,
      onCut: this.#drain && link.onCut,
      maxMessageBytes: () => link.nc.info?.max_payload ?? Number.POSITIVE_INFINITY,
      onNoStream: () => this.#mend(link.nc),
      unavailable: () => (link.connected ? undefined : "NATS on this machine does not answer"),
    });
  }

  /** @returns the newest incarnation that it names; empty when there is none */
  async #readSpool(): Promise<string> {
    let newest = "";
    for await (const { kind, payload } of this.#spool?.frames() ?? []) {
      const batch = decodeBatch(payload);
      if (batch === undefined) continue;
      if (batch.incarnation > newest) newest = batch.incarnation;
      if (!this.#isHeld(kind, batch)) this.#foldAll(kind, batch);
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
      isHeld: (kind, batch) => this.#isHeld(kind, batch),
      onStored: (kind, batch) => this.#takeOwn(kind, batch),
      onNoStream: () => this.#mend(link.nc),
    });
    drain.start();
    return drain;
  }

  /** As `ensureStreams`, for those who try again anyway. */
  async #mend(nc: NatsConnection): Promise<void> {
    try {
      await this.ensureStreams(nc);
    } catch (error) {
      this.#options.log.warn("streams.unchecked", { error: messageOf(error) });
    }
  }

  #lostCopy(kind: StreamKind): void {
    this.#ledger.forget(kind, this.#options.config.peer.name);
    delete this.#copied[kind];
  }

  #isHeld(kind: StreamKind, { origin, incarnation, firstSeq, records }: Batch): boolean {
    return this.#ledger.holds(kind, origin, incarnation, firstSeq, records.length);
  }

  #copier(kind: StreamKind, link: NatsLink, handedOverSeq: number): Copier {
    const { config, log } = this.#options;
    return new Copier({
      kind,
      origin: config.peer.name,
      nc: link.nc,
      log,
      handedOverSeq,
      isHeld: (batch) => this.#isHeld(kind, batch),
      holes: () => this.#ledger.holes(kind, config.peer.name),
      onLost: () => this.#lostCopy(kind),
      onNoStream: () => this.#mend(link.nc),
      onCopied: (batch) => {
        this.#takeCopy(kind, batch);
        const news: z.infer<typeof CopiedNews> = { kind, position: lastPosition(batch) };
        link.nc.publish(copiedSubject(config.peer.name), JSON.stringify(news));
      },
    });
  }

  #takeOwn(kind: StreamKind, batch: Batch): void {
    const position = lastPosition(batch);
    const newest = this.#newestOwn[kind];
    if (newest === undefined || comparePosition(position, newest) > 0) this.#newestOwn[kind] = position;
    this.#watermark.stored(kind, position, batch.records.length, this.#options.clock());
    this.#take(kind, batch);
  }

  #takeCopy(kind: StreamKind, batch: Batch): void {
    const position = lastPosition(batch);
    const before = this.#copied[kind];
    if (before === undefined || comparePosition(before, position) < 0) this.#copied[kind] = position;
    this.#take(kind, batch);
  }

  #take(kind: StreamKind, batch: Batch): void {
    const fresh = this.#ledger.hold(kind, batch.origin, batch.incarnation, batch.firstSeq, batch.records.length);
    if (fresh > 0) this.#foldAll(kind, batch);
  }

  /** Folding a record a second time changes nothing, so one that was spooled may come again when it is stored. */
  #foldAll(kind: StreamKind, batch: Batch): void {
    const changed: string[] = [];
    const { origin, incarnation, firstSeq, records } = batch;
    const isNew = this.#noted.hold(kind, origin, incarnation, firstSeq, records.length) > 0;
    for (const record of records) {
      if (record.kind === "push" && isNew) this.clients.note(record, origin);
      this.#clock.now = mergeHlc(this.#clock.now, record.at);
      if (record.kind === "push") changed.push(...this.#applied(record, batch));
      else if (record.kind === "health" && !this.#ready) this.#options.onRemembered(record);
    }
    if (changed.length > 0) this.#options.onGroups(changed);
  }

  /** One record that cannot be folded must not keep the hub from starting: it is stored, said so, and passed over. */
  #applied(record: Push, { origin, incarnation, firstSeq }: Batch): string[] {
    try {
      return this.#options.fold.apply(record, origin).changed;
    } catch (error) {
      const group = groupKey(record.group);
      this.#options.log.error("records.unfoldable", { origin, incarnation, firstSeq, group, error: messageOf(error) });
      return [];
    }
  }

  #heardCopied(data: Uint8Array): void {
    const news = CopiedNews.safeParse(safeJson(data));
    if (news.success) this.#peerCopied(news.data.kind, news.data.position);
    else this.#options.log.warn("records.malformed_news");
  }

  #peerCopied(kind: StreamKind, position: RecordPosition): void {
    // A position in records that this machine does not have says nothing of those that it has.
    if (!this.#ledger.knows(kind, this.#options.config.machine.name, position.incarnation)) return;
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
