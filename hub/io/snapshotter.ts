/** Writes a snapshot when enough has come since the last one, or when one has to say what is purged after it. */
import type { JetStreamManager, NatsConnection, StreamInfo } from "nats";
import type { RecordPosition, StreamKind } from "../core/record.ts";
import type { Covers, StreamPlace } from "../core/snapshot.ts";
import { GapReader } from "./gap-reader.ts";
import { type HeldStream, heldStreams } from "./held-streams.ts";
import { type Log, messageOf } from "./log.ts";
import { Purger } from "./purger.ts";
import { idAt } from "./read-back.ts";
import type { RecordState } from "./record-state.ts";
import type { ManifestDraft, SnapshotStore, StoredSnapshot } from "./snapshot-store.ts";
import type { StreamPlaces } from "./stream-places.ts";
import { within } from "./within.ts";

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
  /** Whether a stream is nearly full, so that records go before their age; told at each look. */
  onFill(stream: string, isNearlyFull: boolean): void;
  signal: AbortSignal;
}

const tickMs = 1_000;
/** A snapshot that takes long is written more rarely, whether it succeeds or not: at most this part of the time. */
const busyShare = 0.1;
/** After what failed, doubled with each failure: a write that is too large puts 256 MiB on the disk before it is known to be. */
const retryMs = 5_000;
const longestRetryMs = 300_000;
const purgeEveryMs = 15_000;
const requestTimeoutMs = 5_000;

/** @param failures one after the other @param tookMs of the last one */
export function pauseAfterFailureMs(failures: number, tookMs: number): number {
  return Math.max(tookMs / busyShare, Math.min(longestRetryMs, retryMs * 2 ** (failures - 1)));
}

export class Snapshotter {
  readonly #options: SnapshotterOptions;
  readonly #streams: HeldStream[];
  readonly #purger: Purger;
  readonly #gaps: GapReader;
  #last: StoredSnapshot | undefined;
  #recordsAtLast = 0;
  #notBeforeMs = 0;
  #lastAtMs = performance.now();
  #purgeAtMs = 0;
  #forced = false;
  #dueSinceMs: number | undefined;
  /** One after the other. */
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #started = false;
  #stopped = false;
  /** How long the last one took, ms; and how many were written since the start. */
  lastDurationMs = 0;
  written = 0;

  constructor(options: SnapshotterOptions) {
    this.#options = options;
    const { self, peer } = options;
    this.#streams = heldStreams(self, peer);
    this.#purger = new Purger({ ...options, streams: this.#streams });
    this.#gaps = new GapReader({ ...options, streams: this.#streams });
  }

  /** The newest snapshot of this machine; undefined before the first. */
  get last(): StoredSnapshot | undefined {
    return this.#last;
  }

  /** For how long one should have been written, ms; 0 when nothing is due. */
  get overdueMs(): number {
    return this.#dueSinceMs === undefined ? 0 : performance.now() - this.#dueSinceMs;
  }

  /** Messages removed from streams since the start. */
  get purged(): number {
    return this.#purger.purged;
  }

  /**
   * @param last the one that the hub started from
   * @param behind records that it had to read besides
   */
  start(last: StoredSnapshot | undefined, behind: number): void {
    this.#started = true;
    this.#last = last;
    this.#purger.marks = { ...last?.manifest.purgeMarks };
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
    await within(
      deadlineMs,
      last.catch((error: unknown) => this.#say(error)),
    );
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
    const isDue = this.#isDue(nowMs);
    this.#dueSinceMs = isDue ? (this.#dueSinceMs ?? nowMs) : undefined;
    if (nowMs < this.#notBeforeMs) return;
    try {
      if (isDue) await this.write();
      if (nowMs < this.#purgeAtMs) return;
      this.#purgeAtMs = performance.now() + purgeEveryMs;
      // What may go goes after a snapshot that says so.
      if (await this.#purger.decide(await this.#manager())) await this.write();
      this.#failures = 0;
    } catch (error) {
      this.#say(error);
      const failedAtMs = performance.now();
      this.#notBeforeMs = failedAtMs + pauseAfterFailureMs(++this.#failures, failedAtMs - nowMs);
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
    const infos = new Map<HeldStream, StreamInfo>();
    for (const stream of this.#streams) {
      const info = await jsm.streams.info(stream.name);
      this.#options.places.found(stream.name, info.created);
      infos.set(stream, info);
    }
    await this.#gaps.read(jsm);
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
    this.#dueSinceMs = undefined;
    this.#lastAtMs = performance.now();
    this.lastDurationMs = this.#lastAtMs - startedAtMs;
    this.#notBeforeMs = this.#lastAtMs + this.lastDurationMs / busyShare;
    this.written++;
    this.#failures = 0;
    this.#purgeAtMs = 0;
    log.info("snapshot.written", { lines: this.#last.manifest.lines, ms: Math.round(this.lastDurationMs) });
    this.#purger.remember(draft);
    await this.#purger.purge(jsm, this.#last.manifest.settled);
  }

  #draft(infos: ReadonlyMap<HeldStream, StreamInfo>): ManifestDraft {
    const { state, places, copied } = this.#options;
    const draft: ManifestDraft = {
      atMs: Date.now(),
      places: {},
      covers: {},
      settled: {},
      purgeMarks: this.#purger.marks,
      copied: { ...copied() },
    };
    for (const [stream, info] of infos) {
      const { kind, origin, key, name } = stream;
      draft.places[key] = { created: info.created, seq: places.upTo(name), id: "" } satisfies StreamPlace;
      const { cover } = state.ledger.account(kind, origin);
      if (cover !== undefined) draft.covers[key] = cover;
      const settled = this.#purger.settledBy(stream, info.created);
      if (settled !== undefined) draft.settled[key] = settled;
    }
    return draft;
  }

  async #manager(): Promise<JetStreamManager> {
    return await this.#options.nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  }
}
