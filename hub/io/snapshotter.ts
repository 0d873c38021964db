/** Writes a snapshot when enough has come since the last one, and purges what the snapshots of both machines make dispensable. */
import type { JetStreamManager, NatsConnection, StreamInfo } from "nats";
import { isUpTo, type Mark } from "../core/account.ts";
import { decodeBatch } from "../core/batch-codec.ts";
import type { RecordPosition, StreamKind } from "../core/record.ts";
import { isNearlyFull, purgeSeq, purgeTarget, type StreamFill, withMark } from "../core/retention.ts";
import type { Stretch } from "../core/seq-set.ts";
import { type Covers, type PurgeMark, type StreamPlace, streamKey } from "../core/snapshot.ts";
import { feed } from "./feed.ts";
import { type Log, messageOf } from "./log.ts";
import { idAt } from "./read-back.ts";
import type { RecordState } from "./record-state.ts";
import type { ManifestDraft, SnapshotStore, StoredSnapshot } from "./snapshot-store.ts";
import type { StreamPlaces } from "./stream-places.ts";
import { copyName, streamKinds, streamName } from "./streams.ts";

export interface SnapshotterOptions {
  self: string;
  peer: string;
  nc: NatsConnection;
  store: SnapshotStore;
  state: RecordState;
  places: StreamPlaces;
  log: Log;
  /** Longest age of records of each stream, ms. */
  maxAgeMs: Record<StreamKind, number>;
  /** Longest time between two while records come, ms, and most records. */
  everyMs: number;
  everyRecords: number;
  /** How far the peer has copied this machine's streams. */
  copied(): Partial<Record<StreamKind, RecordPosition>>;
  /** What the peer's newest snapshot covers, by `<stream>/<origin>`. */
  peerCovers(): Covers;
  /** Makes the stream of snapshots if it is missing. Never rejects. */
  ensure(): Promise<void>;
  /** A stream is nearly full, so that records go before their age. */
  onNearlyFull(stream: string): void;
  signal: AbortSignal;
}

const tickMs = 1_000;
/** A snapshot that takes long is written more rarely: at most this part of the time. */
const busyShare = 0.1;
/** After so long a message that was passed over is not on its way any more, ms. */
const gapPatienceMs = 5_000;
const retryMs = 5_000;
const purgeEveryMs = 15_000;
const requestTimeoutMs = 5_000;

interface Stream {
  kind: StreamKind;
  origin: string;
  key: string;
  name: string;
}

export class Snapshotter {
  readonly #options: SnapshotterOptions;
  readonly #streams: Stream[];
  #last: StoredSnapshot | undefined;
  #purgeMarks: Record<string, PurgeMark[]> = {};
  /** Decided, but not yet in a snapshot: sequences up to which streams are purged after it. */
  readonly #decided = new Map<Stream, { mark: PurgeMark; upToSeq: number }>();
  #recordsAtLast = 0;
  #notBeforeMs = 0;
  #lastAtMs = performance.now();
  #purgeAtMs = 0;
  #forced = false;
  #gapsSinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #started = false;
  #stopped = false;
  /** How long the last one took, ms; and how many were written since the start. */
  lastDurationMs = 0;
  written = 0;
  purged = 0;

  constructor(options: SnapshotterOptions) {
    this.#options = options;
    const { self, peer } = options;
    this.#streams = streamKinds.flatMap((kind) =>
      [self, peer].map((origin) => ({
        kind,
        origin,
        key: streamKey(kind, origin),
        name: origin === self ? streamName(kind) : copyName(kind, origin),
      })),
    );
  }

  /** The newest snapshot of this machine; undefined before the first. */
  get last(): StoredSnapshot | undefined {
    return this.#last;
  }

  /**
   * @param last the one that the hub started from
   * @param behind records that it had to read besides
   */
  start(last: StoredSnapshot | undefined, behind: number): void {
    this.#started = true;
    this.#last = last;
    this.#purgeMarks = { ...last?.manifest.purgeMarks };
    if (last !== undefined) {
      this.#recordsAtLast = this.#records() - behind;
      this.#lastAtMs = performance.now() - Math.max(0, Date.now() - last.manifest.atMs);
    }
    this.#schedule();
  }

  /** The snapshots are gone with their stream. */
  lose(): void {
    this.#last = undefined;
    this.#forced = true;
  }

  /** Writes one soon although little has come: something else than records has changed the state. */
  force(): void {
    this.#forced = true;
  }

  /** Writes a last one, so that the next start has little to read, unless that takes longer than `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    // What is read back half-way says less than the snapshot that it is read from.
    if (!this.#started) return;
    const isStale = this.#records() !== this.#recordsAtLast || this.#forced;
    const last = isStale ? this.write() : Promise.resolve();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([last.catch((error: unknown) => this.#say(error)), late]);
    clearTimeout(timer);
  }

  /** Writes one now, or after the one that is being written. */
  write(): Promise<void> {
    const before = this.#writing.catch(() => {});
    this.#writing = before.then(() => this.#write());
    return this.#writing;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.#tick().finally(() => this.#schedule());
    }, tickMs);
  }

  async #tick(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs < this.#notBeforeMs) return;
    try {
      if (this.#isDue(nowMs)) await this.write();
      if (nowMs >= this.#purgeAtMs) await this.#purge();
    } catch (error) {
      this.#say(error);
      this.#notBeforeMs = performance.now() + retryMs;
      await this.#options.ensure();
    }
  }

  #isDue(nowMs: number): boolean {
    const { everyMs, everyRecords } = this.#options;
    const fresh = this.#records() - this.#recordsAtLast;
    return this.#forced || fresh >= everyRecords || (fresh !== 0 && nowMs - this.#lastAtMs >= everyMs);
  }

  #say(error: unknown): void {
    if (!this.#options.signal.aborted) this.#options.log.warn("snapshot.waits", { error: messageOf(error) });
  }

  /** Grows with every record that a stream is known to hold. */
  #records(): number {
    const { ledger } = this.#options.state;
    return this.#streams.reduce((sum, { kind, origin }) => sum + ledger.account(kind, origin).count, 0);
  }

  async #write(): Promise<void> {
    const { store, state, log } = this.#options;
    const startedAtMs = performance.now();
    const jsm = await this.#manager();
    const infos = new Map<Stream, StreamInfo>();
    for (const stream of this.#streams) {
      const info = await jsm.streams.info(stream.name);
      this.#options.places.found(stream.name, info.created);
      infos.set(stream, info);
    }
    await this.#fillGaps(jsm);
    // From here to the end of `head` nothing is awaited: all of it is of one moment.
    this.#forced = false;
    const records = this.#records();
    const head = [...state.head()];
    const draft = this.#draft(infos);
    for (const stream of this.#streams) {
      const place = draft.places[stream.key];
      if (place !== undefined) place.id = await idAt(jsm, stream.name, place.seq);
    }
    const lines = (async function* () {
      yield* head;
      yield* state.body();
    })();
    this.#last = await store.write(lines, () => draft);
    this.#recordsAtLast = records;
    this.#lastAtMs = performance.now();
    this.lastDurationMs = this.#lastAtMs - startedAtMs;
    this.#notBeforeMs = this.#lastAtMs + this.lastDurationMs / busyShare;
    this.written++;
    this.#purgeAtMs = 0;
    log.info("snapshot.written", { lines: this.#last.manifest.lines, ms: Math.round(this.lastDurationMs) });
    this.#remember(draft);
    await this.#purgeDecided(jsm);
  }

  #draft(infos: ReadonlyMap<Stream, StreamInfo>): ManifestDraft {
    const { state, places, copied } = this.#options;
    const draft: ManifestDraft = {
      atMs: Date.now(),
      places: {},
      covers: {},
      settled: {},
      purgeMarks: this.#purgeMarks,
      copied: { ...copied() },
    };
    for (const [stream, info] of infos) {
      const { kind, origin, key, name } = stream;
      // What was decided of a stream that is gone says nothing of the one that stands there now.
      if (this.#decided.get(stream)?.mark.created !== info.created) this.#decided.delete(stream);
      draft.places[key] = { created: info.created, seq: places.upTo(name), id: "" } satisfies StreamPlace;
      const { cover } = state.ledger.account(kind, origin);
      if (cover !== undefined) draft.covers[key] = cover;
      const decided = this.#decided.get(stream)?.mark;
      const standing = state.ledger.settled(kind, origin);
      const isFurther = decided !== undefined && (standing === undefined || !isUpTo(decided, standing));
      const settled: Mark | undefined = isFurther ? decided : standing;
      if (settled !== undefined) draft.settled[key] = { position: settled.position, count: settled.count };
    }
    return draft;
  }

  /** Places of this snapshot up to which streams may be purged one day. */
  #remember({ atMs, covers, places }: ManifestDraft): void {
    const marks: Record<string, PurgeMark[]> = {};
    for (const { kind, key } of this.#streams) {
      const [cover, place] = [covers[key], places[key]];
      const before = this.#purgeMarks[key] ?? [];
      marks[key] = before;
      if (cover === undefined || place === undefined) continue;
      const { position, count } = cover;
      const mark = { position, count, created: place.created, streamSeq: place.seq, atMs };
      marks[key] = withMark(before, mark, this.#options.maxAgeMs[kind]);
    }
    this.#purgeMarks = marks;
  }

  /** Decides what may go; it goes after the next snapshot, which says so. */
  async #purge(): Promise<void> {
    const { state, maxAgeMs, peerCovers, onNearlyFull } = this.#options;
    this.#purgeAtMs = performance.now() + purgeEveryMs;
    const jsm = await this.#manager();
    for (const stream of this.#streams) {
      const { kind, origin, key, name } = stream;
      const info = await jsm.streams.info(name);
      const fill = fillOf(info);
      const target = purgeTarget(this.#purgeMarks[key] ?? [], {
        nowMs: Date.now(),
        created: info.created,
        maxAgeMs: maxAgeMs[kind],
        fill,
        peer: peerCovers()[key],
        heldUpTo: (position) => state.ledger.account(kind, origin).upTo(position),
      });
      if (isNearlyFull(fill)) onNearlyFull(name);
      if (target !== undefined) this.#decided.set(stream, { mark: target, upToSeq: purgeSeq(target, fill) });
    }
    if (this.#decided.size > 0) await this.write();
  }

  async #purgeDecided(jsm: JetStreamManager): Promise<void> {
    const { state, log } = this.#options;
    for (const [stream, { mark, upToSeq }] of [...this.#decided]) {
      const { kind, origin, name, key } = stream;
      // Only what the snapshot that was just written says is settled.
      const settled = this.#last?.manifest.settled[key];
      if (settled === undefined || !isUpTo(mark, settled)) continue;
      this.#decided.delete(stream);
      state.ledger.settle(kind, origin, { position: mark.position, count: mark.count });
      const { created } = await jsm.streams.info(name);
      if (created !== mark.created) continue;
      const { purged } = await jsm.streams.purge(name, { seq: upToSeq + 1 });
      this.purged += purged;
      log.info("streams.purged", { stream: name, messages: purged });
    }
  }

  /** A message that was stored without our having heard so is read. */
  async #fillGaps(jsm: JetStreamManager): Promise<void> {
    const { places, log } = this.#options;
    const gaps = this.#streams.flatMap((stream) => places.gaps(stream.name).map((gap) => ({ stream, gap })));
    if (gaps.length === 0) this.#gapsSinceMs = undefined;
    else this.#gapsSinceMs ??= performance.now();
    if (this.#gapsSinceMs === undefined || performance.now() - this.#gapsSinceMs < gapPatienceMs) return;
    for (const { stream, gap } of gaps) {
      log.info("snapshot.gap", { stream: stream.name, gap });
      await this.#fillGap(jsm, stream, gap);
    }
    this.#gapsSinceMs = undefined;
  }

  async #fillGap(jsm: JetStreamManager, { kind, name }: Stream, gap: Stretch): Promise<void> {
    const [first, last] = gap;
    const { nc, state, places, signal } = this.#options;
    for await (const { streamSeq, data } of feed(nc, jsm, name, first, signal, { untilCaughtUp: true })) {
      if (streamSeq > last) break;
      const batch = decodeBatch(data);
      if (batch !== undefined && !state.isHeld(kind, batch)) state.take(kind, batch);
    }
    // What was not among them cannot be read, or was purged.
    places.pass(name, gap);
  }

  async #manager(): Promise<JetStreamManager> {
    return await this.#options.nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  }
}

function fillOf({ state, config }: StreamInfo): StreamFill {
  const { bytes, messages, first_seq: firstSeq, last_seq: lastSeq } = state;
  return { bytes, maxBytes: config.max_bytes, messages, firstSeq, lastSeq };
}
