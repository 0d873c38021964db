/**
 * Removes from streams what the snapshots of both machines make dispensable: first decided, then said by this machine's next
 * snapshot, and only then done.
 */
import { setTimeout } from "node:timers/promises";
import type { JetStreamManager, StreamInfo } from "nats";
import { isUpTo, type Mark } from "../core/account.ts";
import type { StreamKind } from "../core/record.ts";
import { isNearlyFull, purgeSeq, purgeTarget, type StreamFill, usefulMarks, withMark } from "../core/retention.ts";
import type { Covers, PurgeMark, SnapshotManifest } from "../core/snapshot.ts";
import type { HeldStream } from "./held-streams.ts";
import type { Log } from "./log.ts";
import type { RecordState } from "./record-state.ts";

export interface PurgerOptions {
  streams: readonly HeldStream[];
  state: RecordState;
  log: Log;
  /** Longest age of records of each stream, ms. */
  maxAgeMs: Record<StreamKind, number>;
  /** What the peer's newest snapshot covers, by `<stream>/<origin>`. */
  peerCovers(): Covers;
  /** Whether a stream is nearly full, so that records go before their age; told at each look. */
  onFill(stream: string, isNearlyFull: boolean): void;
}

/**
 * A server that drops hundreds of megabytes at once answers nobody for a second or two (40,000 messages of 0.7 GiB, nats-server 2.12). So
 * many go at a time, and others have it for as long as that took.
 */
const stepMessages = 2_000;

type Marks = SnapshotManifest["purgeMarks"];

export class Purger {
  readonly #options: PurgerOptions;
  /** Decided, but not yet in a snapshot: sequences up to which streams are purged after it. */
  readonly #decided = new Map<HeldStream, { mark: PurgeMark; upToSeq: number }>();
  /** Places up to which streams may be purged one day, oldest first; snapshots keep them. */
  marks: Marks = {};
  /** Messages removed since the start. */
  purged = 0;

  constructor(options: PurgerOptions) {
    this.#options = options;
  }

  /**
   * What a snapshot that is begun now has to say that nobody misses: what was said before, or what was decided since.
   * @param created when the stream was made; what was decided of another one that stood there is dropped
   */
  settledBy(stream: HeldStream, created: string): Mark | undefined {
    if (this.#decided.get(stream)?.mark.created !== created) this.#decided.delete(stream);
    const decided = this.#decided.get(stream)?.mark;
    const standing = this.#options.state.ledger.settled(stream.kind, stream.origin);
    const isFurther = decided !== undefined && (standing === undefined || !isUpTo(decided, standing));
    const mark = isFurther ? decided : standing;
    return mark && { position: mark.position, count: mark.count };
  }

  /** A snapshot was stored: its places join the marks. */
  remember({ atMs, covers, places }: Pick<SnapshotManifest, "atMs" | "covers" | "places">): void {
    const marks: Marks = {};
    for (const { kind, key } of this.#options.streams) {
      const [cover, place] = [covers[key], places[key]];
      const before = this.marks[key] ?? [];
      marks[key] = before;
      if (cover === undefined || place === undefined) continue;
      const { position, count } = cover;
      const mark = { position, count, created: place.created, streamSeq: place.seq, atMs };
      marks[key] = withMark(before, mark, this.#options.maxAgeMs[kind]);
    }
    this.marks = marks;
  }

  /** @returns whether anything is to go, which the next snapshot has to say */
  async decide(jsm: JetStreamManager): Promise<boolean> {
    const { streams, state, maxAgeMs, peerCovers, onFill } = this.#options;
    for (const stream of streams) {
      const { kind, origin, key, name } = stream;
      const info = await jsm.streams.info(name);
      const fill = fillOf(info);
      const marks = usefulMarks(this.marks[key] ?? [], fill);
      this.marks[key] = marks;
      const target = purgeTarget(marks, {
        nowMs: Date.now(),
        created: info.created,
        maxAgeMs: maxAgeMs[kind],
        fill,
        peer: peerCovers()[key],
        heldUpTo: (position) => state.ledger.account(kind, origin).upTo(position),
      });
      onFill(name, isNearlyFull(fill));
      if (target !== undefined) this.#decided.set(stream, { mark: target, upToSeq: purgeSeq(target, fill) });
    }
    return this.#decided.size > 0;
  }

  /** Does what was decided, as far as the snapshot that was just stored says it. */
  async purge(jsm: JetStreamManager, said: SnapshotManifest["settled"]): Promise<void> {
    const { state, log } = this.#options;
    for (const [stream, { mark, upToSeq }] of [...this.#decided]) {
      const { kind, origin, name, key } = stream;
      const settled = said[key];
      if (settled === undefined || !isUpTo(mark, settled)) continue;
      this.#decided.delete(stream);
      state.ledger.settle(kind, origin, { position: mark.position, count: mark.count });
      const info = await jsm.streams.info(name);
      if (info.created !== mark.created) continue;
      const purged = await purgeInSteps(jsm, name, info.state.first_seq, upToSeq);
      this.purged += purged;
      log.info("streams.purged", { stream: name, messages: purged });
    }
  }
}

/** @returns messages that went */
export async function purgeInSteps(
  jsm: JetStreamManager,
  name: string,
  firstSeq: number,
  upToSeq: number,
): Promise<number> {
  let purged = 0;
  for (let seq = firstSeq; seq <= upToSeq; ) {
    const next = Math.min(seq + stepMessages, upToSeq + 1);
    const startedMs = performance.now();
    purged += (await jsm.streams.purge(name, { seq: next })).purged;
    seq = next;
    if (seq <= upToSeq) await setTimeout(performance.now() - startedMs);
  }
  return purged;
}

function fillOf({ state, config }: StreamInfo): StreamFill {
  const { bytes, messages, first_seq: firstSeq, last_seq: lastSeq } = state;
  return { bytes, maxBytes: config.max_bytes, messages, firstSeq, lastSeq };
}
