/** The records of both machines as this hub holds them: appended, copied from the peer, counted, folded, and known to the peer. */
import { randomBytes } from "node:crypto";
import type { NatsConnection } from "nats";
import { z } from "zod";
import type { HubConfig } from "../config.ts";
import type { Fold } from "../core/fold/fold.ts";
import type { Heartbeat } from "../core/heartbeat.ts";
import { type Hlc, hlcZero, mergeHlc } from "../core/hlc.ts";
import { Ledger } from "../core/ledger.ts";
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
import type { Log } from "./log.ts";
import type { NatsLink } from "./nats-link.ts";
import { PeerAcks, type Replication } from "./peer-acks.ts";
import { replay } from "./replay.ts";
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

export class Records {
  readonly #options: RecordsOptions;
  readonly #ledger: Ledger;
  readonly #watermark = new Watermark();
  readonly #journals = new Map<StreamKind, Journal>();
  readonly #copiers: Copier[] = [];
  readonly #acks: PeerAcks;
  readonly #clock: { now: Hlc; wallMs(): number } = { now: hlcZero, wallMs: Date.now };
  /** How far this machine holds the peer's streams; told to the peer. */
  readonly #copied: Partial<Record<StreamKind, RecordPosition>> = {};
  #sync: SyncJudgement;
  #ready = false;

  constructor(options: RecordsOptions) {
    this.#options = options;
    const { config, clock } = options;
    this.#ledger = new Ledger(config.machine.name, config.peer.name);
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
    return { records: this.#watermark.uncopiedRecords(), oldestStoredAtMs: this.#watermark.oldestStoredAtMs() };
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
    for (const kind of streamKinds) {
      records += await replay(nc, streamName(kind), log, (batch) => this.#takeOwn(kind, batch), signal);
      records += await replay(
        nc,
        copyName(kind, config.peer.name),
        log,
        (batch) => this.#takeCopy(kind, batch),
        signal,
      );
    }
    log.info("records.replayed", { records, ms: Math.round(performance.now() - startedAtMs) });
    const newest = this.#ledger.newestIncarnation(config.machine.name);
    const incarnation = nextIncarnation(Date.now(), randomBytes(3).toString("hex"), newest);
    for (const kind of streamKinds) {
      this.#journals.set(kind, this.#journal(kind, link, incarnation));
      this.#copiers.push(this.#copier(kind, link));
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

  async ensureStreams(nc: NatsConnection): Promise<void> {
    const { config } = this.#options;
    const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: 5_000 });
    await ensureStreams(jsm, config.machine.name, config.peer.name);
  }

  append(kind: StreamKind, record: Unstamped): Promise<AppendOutcome> {
    const journal = this.#journals.get(kind);
    if (journal === undefined)
      return Promise.resolve({ kind: "unavailable", reason: "NATS on this machine does not answer yet" });
    return journal.append(record);
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
    this.#ledger.heardHoldings(beat.holdings);
    for (const kind of streamKinds) {
      const position = beat.copied[kind];
      if (position !== undefined) this.#peerCopied(kind, position);
    }
  }

  /** The peer was heard on NATS again: copying need not wait out its pause. */
  nudge(): void {
    for (const copier of this.#copiers) copier.nudge();
  }

  judgeSync(reach: PeerReach): void {
    const sync = this.#watermark.judge(this.#sync, reach, this.#options.clock(), lagLimitMs);
    if (sync === this.#sync) return;
    const changed = sync.state !== this.#sync.state;
    this.#sync = sync;
    if (sync.state === "degraded") this.#acks.giveUp();
    if (changed) this.#options.onSync(sync);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#journals.values()].map((journal) => journal.stop()));
    this.#acks.giveUp();
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
      unavailable: () => (link.connected ? undefined : "NATS on this machine does not answer"),
    });
  }

  #copier(kind: StreamKind, link: NatsLink): Copier {
    const { config, log } = this.#options;
    return new Copier({
      kind,
      origin: config.peer.name,
      nc: link.nc,
      log,
      isHeld: (batch) =>
        this.#ledger.holds(kind, batch.origin, batch.incarnation, batch.firstSeq, batch.records.length),
      onCopied: (batch) => {
        this.#takeCopy(kind, batch);
        const news: z.infer<typeof CopiedNews> = { kind, position: lastPosition(batch) };
        link.nc.publish(copiedSubject(config.peer.name), JSON.stringify(news));
      },
    });
  }

  #takeOwn(kind: StreamKind, batch: Batch): void {
    this.#watermark.stored(kind, lastPosition(batch), batch.records.length, this.#options.clock());
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
    if (fresh === 0) return;
    const changed: string[] = [];
    for (const record of batch.records) {
      this.#clock.now = mergeHlc(this.#clock.now, record.at);
      if (record.kind === "push") changed.push(...this.#options.fold.apply(record, batch.origin).changed);
      else if (record.kind === "health" && !this.#ready) this.#options.onRemembered(record);
    }
    if (changed.length > 0) this.#options.onGroups(changed);
  }

  #heardCopied(data: Uint8Array): void {
    const news = CopiedNews.safeParse(safeJson(data));
    if (news.success) this.#peerCopied(news.data.kind, news.data.position);
    else this.#options.log.warn("records.malformed_news");
  }

  #peerCopied(kind: StreamKind, position: RecordPosition): void {
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
