/** The peer's records as this machine holds them: copied stream by stream, taken into the state, and acknowledged to the peer. */
import type { NatsConnection } from "nats";
import { z } from "zod";
import { whyInadmissible } from "../core/admission.ts";
import { aheadLimitMs } from "../core/hlc.ts";
import { type Batch, lastPosition, RecordPosition, StreamKind } from "../core/record.ts";
import type { Refused } from "../core/refused.ts";
import { safeJson } from "../core/safe-json.ts";
import { Copier } from "./copier.ts";
import type { Log } from "./log.ts";
import type { ReadBack } from "./read-back.ts";
import type { RecordState } from "./record-state.ts";
import type { StreamPlaces } from "./stream-places.ts";
import { copyName, streamKinds } from "./streams.ts";

export interface PeerRecordsOptions {
  self: string;
  peer: string;
  state: RecordState;
  places: StreamPlaces;
  log: Log;
  refused: Refused;
  /** How far the peer's clock is ahead of this one, by its last word, ms; undefined before it was heard. */
  peerAheadMs(): number | undefined;
  /** Makes streams that are missing. Never rejects. */
  mend(nc: NatsConnection): Promise<void>;
  /** The peer says how far it has copied a stream of this machine. */
  onPeerCopied(kind: StreamKind, position: RecordPosition): void;
}

const CopiedNews = z.strictObject({ kind: StreamKind, position: RecordPosition });
const copiedSubject = (origin: string) => `tandem.copied.${origin}`;

export class PeerRecords {
  readonly #options: PeerRecordsOptions;
  readonly #copiers: Copier[] = [];
  /** How far this machine holds the peer's streams; told to the peer. */
  readonly copied: Partial<Record<StreamKind, RecordPosition>> = {};

  constructor(options: PeerRecordsOptions) {
    this.#options = options;
  }

  /** What a snapshot holds of the stream was copied before it. */
  resume(kind: StreamKind): void {
    const { newest } = this.#options.state.ledger.account(kind, this.#options.peer);
    if (newest !== undefined) this.copied[kind] = newest;
  }

  begin(nc: NatsConnection, read: ReadBack): void {
    for (const kind of streamKinds) this.#copiers.push(this.#createCopier(kind, nc, read));
    nc.subscribe(copiedSubject(this.#options.self), {
      callback: (error, message) => {
        if (error === null) this.#heardCopied(message.data);
      },
    });
    for (const copier of this.#copiers) copier.start();
  }

  /** @param streamSeq its sequence in the copy; undefined for what was held already */
  take(kind: StreamKind, batch: Batch, streamSeq: number | undefined): void {
    const { state, places } = this.#options;
    const position = lastPosition(batch);
    // In the order of the stream, which a clock that went back may have made another one than that of the names.
    this.copied[kind] = position;
    if (streamSeq !== undefined) places.take(copyName(kind, batch.origin), streamSeq);
    state.take(kind, batch);
  }

  /** Looks at the copy again: its stream is a new one, or has lost something. */
  restart(kind: StreamKind): void {
    this.#copiers.find((copier) => copier.kind === kind)?.restart();
  }

  /** The peer was heard on NATS again: copying need not wait out its pause. */
  nudge(): void {
    for (const copier of this.#copiers) copier.nudge();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#copiers.map((copier) => copier.stop()));
  }

  #createCopier(kind: StreamKind, nc: NatsConnection, { copiedSeqs, damagedCopies }: ReadBack): Copier {
    const { peer: origin, state, places, log, refused, mend } = this.#options;
    return new Copier({
      kind,
      origin,
      nc,
      log,
      handedOverSeq: copiedSeqs.get(kind) ?? 0,
      isDamaged: damagedCopies.has(kind),
      isHeld: (batch) => state.isHeld(kind, batch),
      onNoBatch: () => refused.count("batch"),
      admits: (batch, streamSeq) => this.#admits(kind, batch, streamSeq),
      holes: () => state.ledger.holes(kind, origin),
      onLost: () => {
        state.ledger.forget(kind, origin);
        places.begin(copyName(kind, origin), "", 0);
        delete this.copied[kind];
      },
      onNoStream: () => mend(nc),
      onCopied: (batch, streamSeq) => {
        this.take(kind, batch, streamSeq);
        const news: z.infer<typeof CopiedNews> = { kind, position: lastPosition(batch) };
        nc.publish(copiedSubject(origin), JSON.stringify(news));
      },
    });
  }

  #admits(kind: StreamKind, batch: Batch, streamSeq: number): "taken" | "passed" | "unclear" {
    const { peer: origin, state, log, refused, peerAheadMs } = this.#options;
    const why = whyInadmissible(batch, state.ledger.account(kind, origin), Date.now());
    if (why === undefined) return "taken";
    // A peer whose clock agrees with this one has not stamped that by it.
    if (why === "stamp" && (peerAheadMs() ?? Number.POSITIVE_INFINITY) > aheadLimitMs) return "unclear";
    const { incarnation, firstSeq } = batch;
    log.error("records.inadmissible", { kind, origin, streamSeq, incarnation, firstSeq, why });
    refused.count(why);
    return "passed";
  }

  #heardCopied(data: Uint8Array): void {
    const news = CopiedNews.safeParse(safeJson(data));
    if (news.success) this.#options.onPeerCopied(news.data.kind, news.data.position);
    else this.#options.log.warn("records.malformed_news");
  }
}
