/** The records of both machines as this hub holds them: appended, copied from the peer, counted, folded, and known to the peer. */
import { randomBytes } from "node:crypto";
import type { NatsConnection } from "nats";
import type { HubConfig } from "../config.ts";
import type { ClientBook } from "../core/client-book.ts";
import type { Fold } from "../core/fold/fold.ts";
import type { Heartbeat } from "../core/heartbeat.ts";
import type { OpenAlerts } from "../core/open-alerts.ts";
import {
  type Alert,
  type Batch,
  type HealthChange,
  nextIncarnation,
  type RecordPosition,
  type StreamKind,
} from "../core/record.ts";
import { RefillWatch } from "../core/refill-watch.ts";
import type { Refused } from "../core/refused.ts";
import { streamKey } from "../core/snapshot.ts";
import { type PeerReach, type SyncJudgement, Watermark } from "../core/watermark.ts";
import type { AppendOutcome, Unstamped } from "./journal.ts";
import { type Log, messageOf } from "./log.ts";
import type { NatsLink } from "./nats-link.ts";
import { OwnRecords } from "./own-records.ts";
import { PeerAcks, type Replication } from "./peer-acks.ts";
import { PeerRecords } from "./peer-records.ts";
import { type ReadBack, readBack } from "./read-back.ts";
import { RecordState } from "./record-state.ts";
import { Snapshots } from "./snapshots.ts";
import type { Spool } from "./spool.ts";
import { StreamCare } from "./stream-care.ts";
import { StreamPlaces } from "./stream-places.ts";
import { streamKinds } from "./streams.ts";

export interface RecordsOptions {
  config: HubConfig;
  fold: Fold;
  log: Log;
  /** Counts what the peer says and this hub does not take in. */
  refused: Refused;
  /** Monotonic ms. */
  clock(): number;
  /** Groups whose text may differ now. */
  onGroups(keys: string[]): void;
  /** The last health change of an agent that was stored before this start. */
  onRemembered(change: HealthChange): void;
  onSync(sync: SyncJudgement): void;
  /** Alerts and notes of either hub were folded: stored before this start, or just now. */
  onAlerts?(batch: Batch): void;
  /** An alert of either machine. @param origin empty when a snapshot brought it @param isMade this hub has just stored it */
  onAlert?(alert: Alert, origin: string, isMade: boolean): void;
}

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
  /** Of the records that are appended, the last one of those to come; empty before that. */
  readonly #incarnations: string[] = [];
  readonly #own: OwnRecords;
  readonly #peers: PeerRecords;
  readonly #acks: PeerAcks;
  readonly #snapshots: Snapshots;
  readonly #refills = new RefillWatch();
  #sync: SyncJudgement;
  #isRefilled = false;
  #peerAheadMs: number | undefined;
  #ready = false;
  #checks = 0;

  constructor(options: RecordsOptions) {
    this.#options = options;
    const { config, clock, log, refused, fold, onGroups, onAlerts } = options;
    const [self, peer] = [config.machine.name, config.peer.name];
    const isMade = (batch?: Pick<Batch, "origin" | "incarnation">) =>
      batch?.origin === self && this.#incarnations.includes(batch.incarnation);
    this.#state = new RecordState({
      self,
      peer,
      fold,
      log,
      refused,
      onGroups,
      onAlert: (alert, batch) => options.onAlert?.(alert, batch?.origin ?? "", isMade(batch)),
      ...(onAlerts && { onAlerts }),
    });
    const [state, places] = [this.#state, this.#places];
    const mend = (nc: NatsConnection) => this.#care.mend(nc);
    this.#own = new OwnRecords({
      config,
      state,
      places,
      pushBudget: fold.admission.bytes,
      log,
      mend,
      onStored: (kind, position, records) => this.#watermark.stored(kind, position, records, clock()),
    });
    this.#peers = new PeerRecords({
      self,
      peer,
      state,
      places,
      log,
      refused,
      peerAheadMs: () => this.#peerAheadMs,
      mend,
      onPeerCopied: (...news) => this.#peerCopied(...news),
    });
    this.#care = new StreamCare({
      self,
      peer,
      state,
      places,
      log,
      refused,
      clock,
      ownEnd: (kind) => this.#own.end(kind),
      takeOwn: (...taken) => this.#own.take(...taken),
      takeRefilled: (...taken) => {
        this.#own.take(...taken, true);
        this.#goOver();
      },
      spooled: (kind) => this.spooled(kind),
      onSettled: () => this.#snapshots.force(),
      onOwnLost: (kind) => this.#own.forget(kind),
      onCopyLost: (kind) => this.#peers.restart(kind),
    });
    this.#snapshots = new Snapshots({
      self,
      peer,
      state,
      places,
      log,
      refused,
      maxAgeMs: config.retentionMs,
      ...config.snapshots,
      copied: () => this.#watermark.positions(),
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

  /** Whether each machine holds again what the other one held alone while they were apart. */
  get isRefilled(): boolean {
    return this.#isRefilled;
  }

  get clients(): ClientBook {
    return this.#state.clients;
  }

  /** By the records of both machines. */
  get alerts(): OpenAlerts {
    return this.#state.alerts;
  }

  /** Stretches of streams that the disk did not give back as they were written, since the start. */
  get damages(): number {
    return this.#care.damages;
  }

  /** Streams of this machine that are nearly full. */
  get nearlyFull(): readonly string[] {
    return this.#snapshots.nearlyFull;
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
    return this.#own.spool;
  }

  /** Records of a stream, or of all, that wait in the spool. */
  spooled(kind?: StreamKind): number {
    return this.#own.spooled(kind);
  }

  get queued(): number {
    return this.#own.queued;
  }

  ledgerEntries() {
    return this.#state.ledger.entries((kind) => this.#watermark.uncopiedRecords(kind));
  }

  /** How many starts of each machine's hub are kept. */
  starts(): { origin: string; starts: number }[] {
    const { machine, peer } = this.#options.config;
    return [machine.name, peer.name].map((origin) => ({ origin, starts: this.#state.ledger.starts(origin) }));
  }

  oldestUncopiedAtMs(kind: StreamKind): number | undefined {
    return this.#watermark.oldestStoredAtMs(kind);
  }

  /** Opens what needs no server. Rejects with what to do when the spool cannot be written to. */
  async open(): Promise<void> {
    await this.#own.open();
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
      batch.origin === self ? this.#own.take(kind, batch, streamSeq) : this.#peers.take(kind, batch, streamSeq);
    const read = await readBack({ self, peer, nc, store, state, places, log, take, signal });
    this.#care.damages += read.damages;
    this.#resume(read);
    await this.#snapshots.catchUp(signal);
    const newestSpooled = await this.#own.readSpool();
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
        this.#peers.resume(kind);
        continue;
      }
      const copied = snapshot?.manifest.copied[kind];
      if (copied !== undefined) this.#watermark.copied(kind, copied);
      const uncopied = count - (copied === undefined ? 0 : ledger.heldUpTo(kind, machine.name, copied));
      if (uncopied > 0) this.#watermark.stored(kind, newest, uncopied, this.#options.clock());
      this.#own.resume(kind, snapshot?.manifest.places[streamKey(kind, origin)]);
    }
  }

  #begin(link: NatsLink, incarnation: string, read: ReadBack, signal: AbortSignal): void {
    const { nc } = link;
    this.#incarnations.push(incarnation);
    this.#own.begin(link, incarnation);
    this.#peers.begin(nc, read);
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
    // The peer's snapshot may have brought them as well.
    this.#goOver();
  }

  append(kind: StreamKind, record: Unstamped): Promise<AppendOutcome> {
    return this.#own.append(kind, record);
  }

  /** Where this machine's newest push is; what is older is copied before it. */
  newestPush(): RecordPosition | "spool" {
    return this.spooled("metrics") > 0 ? "spool" : (this.#own.newest("metrics") ?? { incarnation: "", seq: 0 });
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
    return { copied: this.#peers.copied, holdings: this.#state.ledger.holdings(), ...(snapshot && { snapshot }) };
  }

  heardPeer(beat: Heartbeat): void {
    this.#peerAheadMs = beat.wallMs - Date.now();
    const shrunk = this.#state.ledger.heardHoldings(beat.holdings, (kind) => this.#own.underWay(kind));
    this.#refills.heard(shrunk.length > 0);
    for (const kind of shrunk) {
      this.#options.log.error("records.peer_lost", { kind, copies: beat.holdings });
      this.#watermark.lost(kind);
    }
    for (const kind of streamKinds) {
      if (this.#state.ledger.isSameThere(kind)) this.#watermark.caughtUp(kind);
      const position = beat.copied[kind];
      if (position !== undefined) this.#peerCopied(kind, position);
    }
    if (beat.snapshot !== undefined) this.#snapshots.heard(beat.snapshot);
  }

  /** The peer was heard on NATS again: copying need not wait out its pause. */
  nudge(): void {
    this.#peers.nudge();
  }

  judgeSync(reach: Omit<PeerReach, "spooled" | "copiesAnew">): void {
    const sync = this.#watermark.judge(
      this.#sync,
      { ...reach, spooled: this.spooled(), copiesAnew: this.#state.ledger.isCopiedAnew() },
      this.#options.clock(),
      lagLimitMs,
    );
    this.#isRefilled = this.#refills.judge(sync.state === "in-sync", () => this.#state.ledger.shares());
    if (sync === this.#sync) return;
    const changed = sync.state !== this.#sync.state;
    this.#sync = sync;
    if (sync.state === "degraded") this.#acks.giveUp();
    if (changed) this.#options.onSync(sync);
  }

  async stop(): Promise<void> {
    await this.#own.stop();
    this.#acks.giveUp();
    await this.#own.close();
    await this.#peers.stop();
    await this.#snapshots.stop();
  }

  /** Whether no record can be there yet: the peer may have copied what is under way, which is no more than may wait to be stored. */
  #isBeyond(kind: StreamKind, { incarnation, seq }: RecordPosition): boolean {
    const { incarnation: newestIncarnation, seq: newestSeq } = this.#own.newest(kind) ?? { incarnation: "", seq: 0 };
    const reached = incarnation === newestIncarnation ? newestSeq : 0;
    return incarnation === this.#incarnations.at(-1) && seq > reached + this.#options.config.maxQueuedPushes;
  }

  /**
   * What comes back of an earlier life may sort after this one, because the disk was lost with it and the clock went back since:
   * what is appended from now on then sorts after both, as it would after a start.
   */
  #goOver(): void {
    const { machine } = this.#options.config;
    const newest = this.#state.ledger.newestIncarnation(machine.name);
    const current = this.#incarnations.at(-1);
    if (current === undefined || newest <= current) return;
    const incarnation = nextIncarnation(Date.now(), randomBytes(3).toString("hex"), newest);
    this.#incarnations.push(incarnation);
    this.#own.goOver(incarnation);
    this.#options.log.warn("records.renamed", { incarnation, after: newest });
  }

  #peerCopied(kind: StreamKind, position: RecordPosition): void {
    const { ledger } = this.#state;
    // What the peer said before it lost something may come late.
    if (ledger.isCopiedAnew(kind)) return;
    // A position in records that this machine does not have says nothing of those that it has; nor does one of an earlier life
    // that sorts after this one's first records.
    const { incarnation } = position;
    const isOwn = this.#incarnations.includes(incarnation) || incarnation < (this.#incarnations[0] ?? "");
    if (!isOwn || !ledger.knows(kind, this.#options.config.machine.name, incarnation)) return;
    if (this.#isBeyond(kind, position)) {
      this.#options.refused.count("position");
      return;
    }
    this.#watermark.copied(kind, position);
    if (kind === "metrics") this.#acks.copied(position);
  }
}
