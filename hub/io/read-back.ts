/** Brings a hub's state back at its start: from the newest snapshot, and from what its streams hold behind it. */
import type { JetStreamManager, NatsConnection, StreamInfo } from "nats";
import type { Account } from "../core/account.ts";
import { isStampedAhead } from "../core/admission.ts";
import { decodeBatch } from "../core/batch-codec.ts";
import type { Batch, StreamKind } from "../core/record.ts";
import { type SnapshotManifest, streamKey } from "../core/snapshot.ts";
import { heldStreams } from "./held-streams.ts";
import type { Log } from "./log.ts";
import { messageId } from "./publish.ts";
import type { RecordState } from "./record-state.ts";
import { replay } from "./replay.ts";
import type { SnapshotJudge, SnapshotStore, StoredSnapshot } from "./snapshot-store.ts";
import type { StreamPlaces } from "./stream-places.ts";
import { isNoMessage } from "./streams.ts";

export interface ReadBackOptions {
  self: string;
  peer: string;
  nc: NatsConnection;
  store: SnapshotStore;
  state: RecordState;
  places: StreamPlaces;
  log: Log;
  /** A batch of a stream, this machine's own or the peer's. */
  take(kind: StreamKind, batch: Batch, streamSeq: number): void;
  signal: AbortSignal;
}

export interface ReadBack {
  /** Read from the streams. */
  records: number;
  damages: number;
  snapshot: StoredSnapshot | undefined;
  /** Streams of which only what is behind the snapshot was read. */
  trusted: { kind: StreamKind; origin: string }[];
  /** Sequence of the last message of each copy. */
  copiedSeqs: Map<StreamKind, number>;
  /** Copies of which something cannot be read. */
  damagedCopies: Set<StreamKind>;
}

const requestTimeoutMs = 5_000;

/** Safe to call again after it was cut off. */
export async function readBack(options: ReadBackOptions): Promise<ReadBack> {
  const { self, peer, nc, store, state, places, log, take, signal } = options;
  const { stored, accounts } = await readSnapshot(store, state, self, signal);
  const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const result: ReadBack = {
    records: 0,
    damages: 0,
    snapshot: stored,
    trusted: [],
    copiedSeqs: new Map(),
    damagedCopies: new Set(),
  };
  for (const { kind, origin, key, name } of heldStreams(self, peer)) {
    const info = await jsm.streams.info(name);
    const trusted = stored !== undefined && (await stands(jsm, info, stored.manifest, key));
    // Also what an attempt that was cut off has counted.
    state.restore(kind, origin, accounts, stored?.manifest.settled ?? {}, trusted);
    const afterSeq = trusted ? (stored.manifest.places[key]?.seq ?? 0) : 0;
    if (trusted) result.trusted.push({ kind, origin });
    else if (stored !== undefined) log.warn("snapshot.stream_differs", { stream: name });
    const onBatch = (batch: Batch, streamSeq: number, storedAtMs: number) => {
      // By the clock of then: the one of now may be wrong, and what this machine has acknowledged is never passed over.
      if (origin === peer && isStampedAhead(batch, storedAtMs))
        return log.error("records.inadmissible", { kind, origin, streamSeq, why: "stamp" });
      // What the snapshot holds beyond its place in the stream is no second copy.
      if (!trusted || !state.isHeld(kind, batch)) take(kind, batch, streamSeq);
    };
    const read = await replay(nc, name, log, onBatch, signal, afterSeq);
    places.begin(name, info.created, read.lastSeq);
    result.records += read.records;
    result.damages += read.damages;
    if (origin === peer) result.copiedSeqs.set(kind, read.lastSeq);
    if (origin === peer && read.damages > 0) result.damagedCopies.add(kind);
  }
  return result;
}

/**
 * Takes in what the newest snapshot of a machine says; what its streams held is for the caller to judge.
 * @param judge of the other machine's; this machine's own is taken in as it is
 */
export async function readSnapshot(
  store: SnapshotStore,
  state: RecordState,
  machine: string,
  signal: AbortSignal,
  judge?: SnapshotJudge,
): Promise<{ stored: StoredSnapshot | undefined; accounts: Map<string, Account> }> {
  const accounts = new Map<string, Account>();
  const stored = await store.read(
    machine,
    (line) => {
      const found = state.takeLine(line);
      if (found !== undefined) accounts.set(streamKey(found.stream, found.origin), found.account);
    },
    signal,
    judge,
  );
  return { stored, accounts };
}

/** Whether the stream still begins as it was when the snapshot was written: then only what came behind needs to be read. */
async function stands(
  jsm: JetStreamManager,
  { created, config, state }: StreamInfo,
  manifest: SnapshotManifest,
  key: string,
): Promise<boolean> {
  const place = manifest.places[key];
  if (place === undefined || place.created !== created || (state.lost?.bytes ?? 0) > 0) return false;
  if (state.last_seq < place.seq || state.first_seq > place.seq + 1) return false;
  if (place.seq < state.first_seq) return true;
  return (await idAt(jsm, config.name, place.seq)) === place.id;
}

/** Id of the batch at a sequence; empty when there is none that can be read. */
export async function idAt(jsm: JetStreamManager, stream: string, seq: number): Promise<string> {
  if (seq === 0) return "";
  try {
    const batch = decodeBatch((await jsm.streams.getMessage(stream, { seq })).data);
    return batch === undefined ? "" : messageId(batch);
  } catch (error) {
    if (isNoMessage(error)) return "";
    throw error;
  }
}

/** Whether a stream still holds the message that it held at this sequence, unless all up to it was purged since. */
export async function holdsStill(
  nc: NatsConnection,
  stream: string,
  { seq, id }: { seq: number; id: string },
): Promise<boolean> {
  const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const { state } = await jsm.streams.info(stream);
  if (state.messages > 0 && state.first_seq > seq && state.last_seq > seq) return true;
  return (await idAt(jsm, stream, seq)) === id;
}
