/**
 * Copies one of the peer's streams into this machine's own domain, message for message. The position travels with each
 * copied message, so that a start finds it in the copy itself: nothing else has to be kept in step with it.
 */
import { headers, type JetStreamClient, type JetStreamManager, type NatsConnection } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import type { Batch, StreamKind } from "../core/record.ts";
import { feed } from "./feed.ts";
import { acrossLink } from "./inboxes.ts";
import { type Log, messageOf } from "./log.ts";
import { copyName, copySubject, isNoMessage, isNoResponder, isNoStream, streamName, whyFull } from "./streams.ts";

export interface CopierOptions {
  kind: StreamKind;
  /** The peer's machine, which is the name of its domain too. */
  origin: string;
  nc: NatsConnection;
  log: Log;
  /**
   * Whether a batch that is not held may come in. `passed`: never; it is said already. `unclear`: not now, since it lies far ahead
   * of this machine's clock, and so does the peer's: which of them is wrong is not known.
   */
  admits(batch: Batch, streamSeq: number): "taken" | "passed" | "unclear";
  /** What was read is no batch of the origin. */
  onNoBatch(): void;
  /** Whether all records of this batch are held already; such a message is passed over. */
  isHeld(batch: Batch): boolean;
  /** Records that were passed over in what this machine holds of the origin: its copy was damaged. */
  holes(): number;
  /**
   * Called in order, at least once per message that this machine has stored or held already.
   * @param streamSeq its sequence in the copy; undefined for what was held already
   */
  onCopied(batch: Batch, streamSeq: number | undefined): void;
  /** The copy has lost what was handed over before: none of it is held any more. */
  onLost(): void;
  /** The stream of the copy is missing. Never rejects. */
  onNoStream(): Promise<void>;
  /** Sequence in the copy up to which all was handed over before this copier began. */
  handedOverSeq: number;
  /** The copy has lost messages, maybe such as leave no hole behind: the origin is read from its beginning. */
  isDamaged: boolean;
}

const originSeqHeader = "Tandem-Origin-Seq";
const originIdHeader = "Tandem-Origin-Id";
const requestTimeoutMs = 1_000;
const publishTimeoutMs = 2_000;
const retryMs = 250;
/** Messages published but not yet confirmed by this machine's NATS. */
const maxInFlight = 64;

interface OriginPosition {
  seq: number;
  id: string;
}

const idOf = (batch: Batch) => `${batch.incarnation}:${batch.firstSeq}`;

export class Copier {
  readonly #options: CopierOptions;
  readonly #js: JetStreamClient;
  readonly #stop = new AbortController();
  #session = new AbortController();
  /** In the copy; what lies behind it was stored without our having heard so. */
  #handedOverSeq: number;
  /** Where the last session began, so that one that cannot begin is said once. */
  #startedSeq = -1;
  /** Holes that stay although the origin was read from its beginning: it does not hold those records either. */
  #knownHoles = 0;
  /** Until all of the origin has been read once. */
  #readsAnew: boolean;
  #nudge = () => {};
  #running: Promise<void> | undefined;
  #lastError = "";

  constructor(options: CopierOptions) {
    this.#options = options;
    this.#handedOverSeq = options.handedOverSeq;
    this.#readsAnew = options.isDamaged;
    this.#js = options.nc.jetstream({ timeout: publishTimeoutMs });
  }

  get kind(): StreamKind {
    return this.#options.kind;
  }

  /** Why copying stands still; empty while it runs. */
  get trouble(): string {
    return this.#lastError;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Tries again at once instead of after the pause: the peer was heard. */
  nudge(): void {
    this.#nudge();
  }

  /** Looks at the copy again, which was lost or damaged, and reads all of the origin. */
  restart(): void {
    this.#readsAnew = true;
    this.#session.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#session.abort();
    this.#nudge();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { kind, origin, log } = this.#options;
    const signal = this.#stop.signal;
    while (!signal.aborted) {
      try {
        this.#session = new AbortController();
        await this.#copy(this.#session);
      } catch (error) {
        const message = messageOf(error);
        if (!signal.aborted && message !== this.#lastError)
          log.warn("copier.waiting", { kind, origin, error: message });
        this.#lastError = message;
        if (isNoStream(error) || isNoResponder(error)) await this.#options.onNoStream();
      }
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, retryMs);
        this.#nudge = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #copy(session: AbortController): Promise<void> {
    const { signal } = session;
    const { kind, origin, nc, log } = this.#options;
    const across = acrossLink(nc);
    const peer = await across.jetstreamManager({ domain: origin, checkAPI: false, timeout: requestTimeoutMs });
    const own = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
    const { seq: copyLastSeq, position } = await this.#copied(own);
    await this.#handOver(own, copyLastSeq, signal);
    const startSeq = await this.#startSeq(peer, position);
    if (startSeq !== this.#startedSeq) log.info("copier.copying", { kind, origin, startSeq });
    this.#startedSeq = startSeq;

    let expected = copyLastSeq;
    let failed: unknown;
    const inFlight = new Set<Promise<unknown>>();
    let release = () => {};
    let confirmed: Promise<void> = Promise.resolve();
    try {
      for await (const { streamSeq, data, pending } of feed(across, peer, streamName(kind), startSeq, signal)) {
        const batch = this.#admitted(data, streamSeq);
        const held = batch === undefined || this.#options.isHeld(batch);
        const stored = held ? Promise.resolve(undefined) : this.#store(batch, streamSeq, data, expected++);
        confirmed = Promise.all([confirmed, stored]).then(([, seq]) => {
          if (seq !== undefined) this.#handedOverSeq = seq;
          this.#lastError = "";
          if (batch !== undefined) this.#options.onCopied(batch, seq);
          if (pending > 0 || !this.#readsAnew || signal.aborted) return;
          this.#readsAnew = false;
          this.#knownHoles = this.#options.holes();
        });
        confirmed.catch((error: unknown) => {
          failed ??= error;
          // Without this the failure would be met only with the next message, which may never come.
          session.abort();
        });
        const settled = Promise.allSettled([stored, confirmed]).then(() => {
          inFlight.delete(settled);
          release();
        });
        inFlight.add(settled);
        while (inFlight.size >= maxInFlight && failed === undefined) {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
        if (failed !== undefined) break;
      }
    } catch (error) {
      failed ??= error;
    }
    // What is stored after all is found by the next session, in the copy itself.
    await Promise.all(inFlight);
    if (failed !== undefined) throw failed;
  }

  /** Hands over what the copy holds beyond what was handed over: its confirmation was lost, or NATS was killed before it. */
  async #handOver(own: JetStreamManager, lastSeq: number, signal: AbortSignal): Promise<void> {
    const { kind, origin, nc, log } = this.#options;
    const name = copyName(kind, origin);
    if (lastSeq < this.#handedOverSeq) {
      log.error("copier.copy_lost", { kind, origin, had: this.#handedOverSeq, has: lastSeq });
      this.#handedOverSeq = 0;
      this.#options.onLost();
    }
    if (lastSeq === this.#handedOverSeq) return;
    for await (const { streamSeq, data } of feed(nc, own, name, this.#handedOverSeq + 1, signal, {
      untilCaughtUp: true,
    })) {
      const batch = this.#decode(data, streamSeq);
      this.#handedOverSeq = streamSeq;
      if (batch !== undefined) this.#options.onCopied(batch, streamSeq);
    }
  }

  /** @returns the sequence in the copy */
  async #store(batch: Batch, originSeq: number, data: Uint8Array, lastSequence: number): Promise<number> {
    const { kind, origin } = this.#options;
    const position = headers();
    position.set(originSeqHeader, String(originSeq));
    position.set(originIdHeader, idOf(batch));
    // The chain of expected sequences makes a lost publish fail all that follow it, instead of leaving a hole.
    const expect = { streamName: copyName(kind, origin), lastSequence };
    const options = { headers: position, expect, timeout: publishTimeoutMs };
    try {
      return (await this.#js.publish(copySubject(kind, origin), data, options)).seq;
    } catch (error) {
      const full = whyFull(error, copyName(kind, origin));
      // NATS's own words for it are a bare code.
      throw full === undefined ? error : new Error(full, { cause: error });
    }
  }

  /** The last message of the copy, and where in the origin it came from. */
  async #copied(own: JetStreamManager): Promise<{ seq: number; position: OriginPosition | undefined }> {
    const { kind, origin, log } = this.#options;
    const name = copyName(kind, origin);
    const { state } = await own.streams.info(name);
    if (state.messages === 0) return { seq: state.last_seq, position: undefined };
    try {
      const { header } = await own.streams.getMessage(name, { seq: state.last_seq });
      const seq = Number(header.get(originSeqHeader));
      const id = header.get(originIdHeader);
      return { seq: state.last_seq, position: Number.isInteger(seq) && seq > 0 ? { seq, id } : undefined };
    } catch (error) {
      if (!isNoMessage(error)) throw error;
      log.error("copier.end_unreadable", { kind, origin, seq: state.last_seq });
      return { seq: state.last_seq, position: undefined };
    }
  }

  /**
   * Goes on behind the last copied message, if the origin still holds that very message. An origin that lost its disk or
   * its tail uses sequences again: then all of it is read anew, and what is held already is passed over. So it is when the
   * copy was damaged.
   */
  async #startSeq(peer: JetStreamManager, position: OriginPosition | undefined): Promise<number> {
    if (position === undefined) return 1;
    const { kind, origin, log, holes } = this.#options;
    const found = holes();
    if (found > this.#knownHoles && !this.#readsAnew) {
      log.error("copier.copy_damaged", { kind, origin, holes: found });
      this.#readsAnew = true;
    }
    if (this.#readsAnew) return 1;
    try {
      const message = await peer.streams.getMessage(streamName(kind), { seq: position.seq });
      const batch = decodeBatch(message.data);
      if (batch !== undefined && idOf(batch) === position.id) return position.seq + 1;
    } catch (error) {
      if (!isNoMessage(error)) throw error;
    }
    log.warn("copier.origin_differs", { kind, origin, seq: position.seq, expected: position.id });
    return 1;
  }

  #admitted(data: Uint8Array, streamSeq: number): Batch | undefined {
    const batch = this.#decode(data, streamSeq);
    if (batch === undefined) this.#options.onNoBatch();
    if (batch === undefined || this.#options.isHeld(batch)) return batch;
    const word = this.#options.admits(batch, streamSeq);
    if (word === "unclear")
      throw new Error(
        `${this.#options.origin} stamps its records more than a day ahead of this machine's clock: set the clock that is wrong`,
      );
    return word === "taken" ? batch : undefined;
  }

  /** A message that is no batch is copied by nobody's wish: it is said so and passed over. */
  #decode(data: Uint8Array, streamSeq: number): Batch | undefined {
    const { kind, origin, log } = this.#options;
    const batch = decodeBatch(data);
    if (batch !== undefined && batch.origin === origin) return batch;
    log.error("copier.not_a_batch", { kind, origin, streamSeq });
    return undefined;
  }
}
