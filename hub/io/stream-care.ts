/** Makes streams that are missing, notices what they have lost, and brings it back from the peer. */
import type { NatsConnection } from "nats";
import { whyInadmissible } from "../core/admission.ts";
import type { Batch, RecordPosition, StreamKind } from "../core/record.ts";
import type { Refused } from "../core/refused.ts";
import { heldStreamName } from "./held-streams.ts";
import { type Log, messageOf } from "./log.ts";
import type { StreamEnd } from "./own-records.ts";
import { holdsStill } from "./read-back.ts";
import type { RecordState } from "./record-state.ts";
import { refill } from "./refill.ts";
import { replay } from "./replay.ts";
import { scrub } from "./scrub.ts";
import type { StreamPlaces } from "./stream-places.ts";
import { copyName, ensureStreams, streamKinds, streamName } from "./streams.ts";

export interface StreamCareOptions {
  self: string;
  peer: string;
  state: RecordState;
  places: StreamPlaces;
  log: Log;
  refused: Refused;
  /** Monotonic ms. */
  clock(): number;
  /** The last message that the own stream is known to hold. */
  ownEnd(kind: StreamKind): StreamEnd | undefined;
  takeOwn(kind: StreamKind, batch: Batch, streamSeq: number): void;
  /** As `takeOwn`, of what came from the peer. */
  takeRefilled(kind: StreamKind, batch: Batch, streamSeq: number): void;
  /** Own records of the stream have to come again. */
  onOwnLost(kind: StreamKind): void;
  /** Records of a stream that wait in the spool: they are on their way, and not lost. */
  spooled(kind: StreamKind): number;
  /** Own records are held in the state alone, which should be written down soon. */
  onSettled(): void;
  /** The copy of the peer's stream was lost or damaged. */
  onCopyLost(kind: StreamKind): void;
}

const maxRefillPauseMs = 600_000;
/** A record that the peer has copied before this hub heard that it is stored is no loss: the word comes soon, ms. */
const lossPatienceMs = 2_000;

export class StreamCare {
  readonly #options: StreamCareOptions;
  #started = false;
  /** What is read back or refilled at present. */
  #busy: Promise<void> | undefined;
  #ensuring: Promise<void> | undefined;
  /** Between two refills that bring nothing, ms, and when the next one may begin. */
  #refillPauseMs = 0;
  #refillAfterMs = 0;
  #lastLost = "";
  #lostSinceMs: number | undefined;
  /** Own streams that lost their end and were not yet read again to where they end now. */
  readonly #endLost = new Set<StreamKind>();
  /** Stretches of streams that the disk did not give back as they were written, since the start. */
  damages = 0;

  constructor(options: StreamCareOptions) {
    this.#options = options;
  }

  /** From now on a stream that is missing has been lost. */
  start(): void {
    this.#started = true;
  }

  /** Makes streams that are missing; after the start a missing one means that NATS lost its disk. */
  async ensure(nc: NatsConnection): Promise<void> {
    // Two at a time would each hold the other's streams for lost, with what came into them meanwhile.
    this.#ensuring ??= this.#ensure(nc).finally(() => {
      this.#ensuring = undefined;
    });
    await this.#ensuring;
  }

  async #ensure(nc: NatsConnection): Promise<void> {
    const { self, peer, log, places, onOwnLost, onCopyLost } = this.#options;
    const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: 5_000 });
    const made = await ensureStreams(jsm, self, peer);
    if (!this.#started || made.length === 0) return;
    log.error("streams.lost", { made });
    for (const name of made) places.begin(name, "", 0);
    for (const kind of streamKinds) {
      if (made.includes(streamName(kind))) onOwnLost(kind);
      // A copier alone knows what it has put into its copy, so it is told to look.
      if (made.includes(copyName(kind, peer))) onCopyLost(kind);
    }
  }

  /** As `ensure`, for those who try again anyway. */
  async mend(nc: NatsConnection): Promise<void> {
    try {
      await this.ensure(nc);
    } catch (error) {
      this.#options.log.warn("streams.unchecked", { error: messageOf(error) });
    }
  }

  /** NATS was away: it may have lost streams, or the end of one, which it does when its disk has damaged a message. */
  async check(nc: NatsConnection, signal: AbortSignal): Promise<void> {
    await this.ensure(nc);
    while (this.#busy !== undefined) await this.#busy.catch(() => {});
    await this.#alone(async () => {
      for (const kind of streamKinds) await this.#checkEnd(nc, kind, signal);
    });
  }

  async #checkEnd(nc: NatsConnection, kind: StreamKind, signal: AbortSignal): Promise<void> {
    const { state, places, log, ownEnd, takeOwn, onOwnLost } = this.#options;
    const stream = streamName(kind);
    const end = ownEnd(kind);
    const stands = end === undefined || (await holdsStill(nc, stream, end));
    if (stands && !this.#endLost.has(kind)) return;
    if (!stands) {
      log.error("streams.end_lost", { stream, had: end });
      this.damages++;
    }
    this.#endLost.add(kind);
    onOwnLost(kind);
    places.begin(stream, "", 0);
    const reread = (batch: Batch, streamSeq: number) => {
      if (state.isHeld(kind, batch)) places.take(stream, streamSeq);
      else takeOwn(kind, batch, streamSeq);
    };
    await replay(nc, stream, log, reread, signal);
    this.#endLost.delete(kind);
  }

  /** Brings back own records that only the peer holds; once at a time, and again later when it fails. */
  async refill(nc: NatsConnection, signal: AbortSignal): Promise<void> {
    const lost = streamKinds.filter((kind) => this.#lostHere(kind) > 0);
    const nowMs = this.#options.clock();
    if (lost.length === 0) this.#lostSinceMs = undefined;
    else this.#lostSinceMs ??= nowMs;
    const isSure = nowMs - (this.#lostSinceMs ?? nowMs) >= lossPatienceMs;
    if (!isSure || nowMs < this.#refillAfterMs) return;
    const { log } = this.#options;
    const word = lost.map((kind) => `${kind} ${this.#lostHere(kind)}`).join();
    await this.#alone(async () => {
      if (word !== this.#lastLost) log.error("records.lost", { lost: word });
      this.#lastLost = word;
      try {
        let brought = 0;
        for (const kind of lost) brought += await this.#refillKind(nc, kind, signal);
        // What the peer does not hold either is looked for ever more rarely, since each time all of its copy is read.
        this.#refillPauseMs = brought > 0 ? 0 : Math.min(maxRefillPauseMs, Math.max(1_000, this.#refillPauseMs * 2));
        this.#refillAfterMs = nowMs + this.#refillPauseMs;
      } catch (error) {
        if (!signal.aborted) log.warn("records.refill_waits", { error: messageOf(error) });
      }
    });
  }

  async #refillKind(nc: NatsConnection, kind: StreamKind, signal: AbortSignal): Promise<number> {
    const { self, peer, state, takeRefilled, log } = this.#options;
    const records = await refill({
      kind,
      machine: self,
      peer,
      nc,
      // What lies far ahead is none of this machine's, whatever the peer has it as.
      isWanted: (batch) => !state.isHeld(kind, batch) && this.#admits(kind, batch),
      onRefilled: (batch, streamSeq) => takeRefilled(kind, batch, streamSeq),
      signal,
    });
    if (records > 0) log.warn("records.refilled", { kind, records });
    return records + this.#settleUnheld(kind);
  }

  #admits(kind: StreamKind, batch: Batch): boolean {
    const { self, state, log, refused } = this.#options;
    const why = whyInadmissible(batch, state.ledger.account(kind, self), Date.now());
    if (why === undefined) return true;
    log.error("records.inadmissible", {
      kind,
      origin: self,
      incarnation: batch.incarnation,
      firstSeq: batch.firstSeq,
      why,
    });
    refused.count(why);
    return false;
  }

  #lostHere(kind: StreamKind): number {
    const { self, state, spooled } = this.#options;
    return Math.max(state.ledger.lostHere(kind), spooled(kind) > 0 ? 0 : state.unheld(kind, self));
  }

  /** What the peer does not hold either is in no stream any more; its effect may be known here, and is then told by snapshot. */
  #settleUnheld(kind: StreamKind): number {
    const { self, state, log, spooled, onSettled } = this.#options;
    if (spooled(kind) > 0) return 0;
    const records = state.settleUnheld(kind, self);
    if (records === 0) return 0;
    log.warn("records.settled", { kind, records });
    onSettled();
    return records;
  }

  /** Reads what a start from a snapshot passed over, since a damaged message there would go unnoticed for ever. */
  async scrub(nc: NatsConnection, kind: StreamKind, origin: string, signal: AbortSignal): Promise<void> {
    const { self, state, log, onCopyLost } = this.#options;
    const stream = heldStreamName(kind, origin, self);
    const expected = state.ledger.account(kind, origin).upTo(everything);
    const found = await scrub(nc, stream, signal);
    const lost = state.ledger.lose(kind, origin, expected, found);
    log.info("streams.scrubbed", { stream, records: found.count, lost });
    if (lost === 0) return;
    this.damages++;
    log.error("streams.damaged", { stream, records: lost });
    // Own records are refilled, as soon as the peer says that it holds them.
    if (origin !== self) onCopyLost(kind);
  }

  /** What is read back must not be refilled at the same time. */
  async #alone(work: () => Promise<void>): Promise<void> {
    if (!this.#started || this.#busy !== undefined) return;
    this.#busy = work().finally(() => {
      this.#busy = undefined;
    });
    await this.#busy;
  }
}

/** After every position. */
const everything: RecordPosition = { incarnation: "\uffff", seq: 0 };
