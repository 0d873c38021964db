/** This machine's own records on their way to disk: through a journal a stream, or the spool while NATS does not take them. */
import type { NatsConnection } from "nats";
import type { HubConfig } from "../config.ts";
import type { ByteBudget } from "../core/byte-budget.ts";
import { type Batch, comparePosition, lastPosition, type RecordPosition, type StreamKind } from "../core/record.ts";
import { type AppendOutcome, Journal, maxBatchRecords, type Unstamped } from "./journal.ts";
import { type Log, messageOf } from "./log.ts";
import type { NatsLink } from "./nats-link.ts";
import { messageId } from "./publish.ts";
import type { RecordState } from "./record-state.ts";
import { Spool } from "./spool.ts";
import { SpoolDrain, spooledBatches } from "./spool-drain.ts";
import type { StreamPlaces } from "./stream-places.ts";
import { streamKinds, streamName } from "./streams.ts";

export interface OwnRecordsOptions {
  config: HubConfig;
  state: RecordState;
  places: StreamPlaces;
  /** Of bodies that are being read and pushes that wait to be stored. */
  pushBudget: ByteBudget;
  log: Log;
  /** Makes streams that are missing. Never rejects. */
  mend(nc: NatsConnection): Promise<void>;
  /** So many records more are in this machine's stream, up to that position. */
  onStored(kind: StreamKind, position: RecordPosition, records: number): void;
}

/** A message of a stream: its sequence there, and the id of its batch. */
export interface StreamEnd {
  seq: number;
  id: string;
}

export class OwnRecords {
  readonly #options: OwnRecordsOptions;
  readonly #journals = new Map<StreamKind, Journal>();
  readonly #newest: Partial<Record<StreamKind, RecordPosition>> = {};
  /** Which a refill makes another message than that of the newest record. */
  readonly #ends: Partial<Record<StreamKind, StreamEnd>> = {};
  #drain: SpoolDrain | undefined;
  /** Undefined when this hub has none. */
  readonly spool: Spool | undefined;

  constructor(options: OwnRecordsOptions) {
    this.#options = options;
    const { config, log } = options;
    this.spool = config.spool && new Spool({ ...config.spool, log, wallMs: Date.now });
  }

  /** Records that wait to be stored. */
  get queued(): number {
    let sum = 0;
    for (const journal of this.#journals.values()) sum += journal.queued;
    return sum;
  }

  /** Records of a stream, at most, that NATS may hold without having said so: on their way to it, or of the one batch that leaves the spool next. */
  underWay(kind: StreamKind): number {
    return (this.#journals.get(kind)?.underWay ?? 0) + Math.min(this.spooled(kind), maxBatchRecords);
  }

  /** Records of a stream, or of all, that wait in the spool. */
  spooled(kind?: StreamKind): number {
    return this.spool?.records(kind) ?? 0;
  }

  /** The newest record that is in its stream. */
  newest(kind: StreamKind): RecordPosition | undefined {
    return this.#newest[kind];
  }

  /** The last message that its stream is known to hold. */
  end(kind: StreamKind): StreamEnd | undefined {
    return this.#ends[kind];
  }

  /** Rejects with what to do when the spool cannot be written to. */
  async open(): Promise<void> {
    try {
      await this.spool?.open();
    } catch (error) {
      const { path } = this.#options.config.spool ?? { path: "" };
      throw new Error(
        `cannot append to the spool in ${path}: ${messageOf(error)}. Let the hub's user write there, or set spool.path`,
      );
    }
  }

  /** What a snapshot holds of the stream was stored before it. @param end the last message that it names */
  resume(kind: StreamKind, end: StreamEnd | undefined): void {
    const { config, state } = this.#options;
    const { newest } = state.ledger.account(kind, config.machine.name);
    if (newest !== undefined) this.#newest[kind] = newest;
    if (end !== undefined && end.id !== "") this.#noteEnd(kind, end);
  }

  /** Folds what waits in the spool. @returns the newest incarnation that it names; empty when there is none */
  async readSpool(): Promise<string> {
    const { state } = this.#options;
    let newest = "";
    for await (const { kind, batch } of spooledBatches(this.spool)) {
      if (batch.incarnation > newest) newest = batch.incarnation;
      if (!state.isHeld(kind, batch)) state.foldAll(kind, batch);
    }
    return newest;
  }

  begin(link: NatsLink, incarnation: string): void {
    this.#drain = this.spool && this.#startDrain(this.spool, link);
    for (const kind of streamKinds) this.#journals.set(kind, this.#createJournal(kind, link, incarnation));
  }

  append(kind: StreamKind, record: Unstamped): Promise<AppendOutcome> {
    const journal = this.#journals.get(kind);
    if (journal === undefined)
      return Promise.resolve({ kind: "unavailable", reason: "NATS on this machine does not answer yet" });
    return journal.append(record);
  }

  /** What is appended from now on belongs to another incarnation. */
  goOver(incarnation: string): void {
    for (const journal of this.#journals.values()) journal.goOver(incarnation);
  }

  /** A batch is in its stream at this sequence. @param isRefilled it came from the peer, which need not copy it */
  take(kind: StreamKind, batch: Batch, streamSeq: number, isRefilled = false): void {
    const { state, places, onStored } = this.#options;
    const position = lastPosition(batch);
    const newest = this.#newest[kind];
    if (newest === undefined || comparePosition(position, newest) > 0) this.#newest[kind] = position;
    this.#noteEnd(kind, { seq: streamSeq, id: messageId(batch) });
    if (!isRefilled) onStored(kind, position, batch.records.length);
    places.take(streamName(kind), streamSeq);
    state.take(kind, batch);
  }

  /** The stream was lost: what it held has to come again. */
  forget(kind: StreamKind): void {
    this.#options.state.ledger.forget(kind, this.#options.config.machine.name);
    delete this.#newest[kind];
    delete this.#ends[kind];
  }

  /** Takes no more records; resolves when those accepted are answered. */
  async stop(): Promise<void> {
    await Promise.all([...this.#journals.values()].map((journal) => journal.stop()));
  }

  async close(): Promise<void> {
    await this.#drain?.stop();
    await this.spool?.close();
  }

  #noteEnd(kind: StreamKind, end: StreamEnd): void {
    // A stream that lost its end uses its sequences again.
    if (end.seq > (this.#ends[kind]?.seq ?? 0)) this.#ends[kind] = end;
  }

  #createJournal(kind: StreamKind, link: NatsLink, incarnation: string): Journal {
    const { config, log, state, mend, pushBudget } = this.#options;
    return new Journal({
      kind,
      machine: config.machine.name,
      incarnation,
      js: link.nc.jetstream({ timeout: 2_000 }),
      manager: () => link.nc.jetstreamManager({ checkAPI: false, timeout: 2_000 }),
      log,
      clock: state.clock,
      storeDeadlineMs: config.storeDeadlineMs,
      maxQueued: config.maxQueuedPushes,
      // What fills it are pushes, and for those no health change or alert may be refused.
      budget: kind === "metrics" ? pushBudget : undefined,
      onStored: (batch, streamSeq) => this.take(kind, batch, streamSeq),
      onSpooled: (batch) => state.foldAll(kind, batch),
      detour: this.#drain,
      onCut: this.#drain && link.onCut,
      maxMessageBytes: () => link.nc.info?.max_payload ?? Number.POSITIVE_INFINITY,
      onNoStream: () => mend(link.nc),
      unavailable: () => (link.connected ? undefined : "NATS on this machine does not answer"),
    });
  }

  #startDrain(spool: Spool, link: NatsLink): SpoolDrain {
    const { log, state, mend } = this.#options;
    const drain = new SpoolDrain({
      spool,
      js: link.nc.jetstream({ timeout: 2_000 }),
      manager: () => link.nc.jetstreamManager({ checkAPI: false, timeout: 2_000 }),
      log,
      isConnected: () => link.connected,
      onCut: link.onCut,
      isHeld: (kind, batch) => state.isHeld(kind, batch),
      onStored: (kind, batch, streamSeq) => this.take(kind, batch, streamSeq),
      onNoStream: () => mend(link.nc),
    });
    drain.start();
    return drain;
  }
}
