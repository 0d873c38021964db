/** Reads back a stream of this machine's own domain at the start, so that ledger and fold stand where they stood. */
import type { JetStreamManager, NatsConnection } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import { type Batch, lastPosition, type RecordPosition, type StreamKind } from "../core/record.ts";
import { feed } from "./feed.ts";
import type { Log } from "./log.ts";
import { isNoMessage, recordSubject, streamName } from "./streams.ts";

const requestTimeoutMs = 5_000;

export interface Replayed {
  records: number;
  /** Sequence of the last message read; 0 when the stream is empty. */
  lastSeq: number;
  /** Stretches that the disk does not give back as they were written. */
  damages: number;
}

/**
 * Hands over every batch; a message that is no batch or cannot be read is said so and passed over.
 * @param afterSeq sequence of the stream up to which nothing is read
 */
export async function replay(
  nc: NatsConnection,
  stream: string,
  log: Log,
  onBatch: (batch: Batch, streamSeq: number, storedAtMs: number) => void,
  signal: AbortSignal,
  afterSeq = 0,
): Promise<Replayed> {
  const jsm: JetStreamManager = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const { state } = await jsm.streams.info(stream);
  const result = { records: 0, lastSeq: state.last_seq, damages: 0 };
  // Started without the index of a clean stop, the server drops what lies behind a damaged message of the same file.
  const lostBytes = state.lost?.bytes ?? 0;
  if (lostBytes > 0) {
    result.damages++;
    log.error("replay.cut_off", { stream, bytes: lostBytes });
  }
  let messages = 0;
  let expected = afterSeq > 0 ? 0 : state.messages;
  const startSeq = Math.max(state.first_seq, afterSeq + 1);
  if (state.messages === 0 || startSeq > state.last_seq) return result;
  for await (const { streamSeq, storedAtMs, data, pending } of feed(nc, jsm, stream, startSeq, signal, {
    untilCaughtUp: true,
  })) {
    result.lastSeq = streamSeq;
    if (messages === 0 && afterSeq > 0) expected = pending + 1;
    messages++;
    const batch = decodeBatch(data);
    if (batch === undefined) log.error("replay.not_a_batch", { stream, streamSeq });
    else {
      result.records += batch.records.length;
      onBatch(batch, streamSeq, storedAtMs);
    }
  }
  // When none could be read, none said how many there are.
  if (messages === 0 && afterSeq > 0) expected = state.last_seq - startSeq + 1;
  const unread = expected - messages;
  if (unread > 0) {
    result.damages += unread;
    log.error("replay.unreadable", { stream, messages: unread });
  }
  return result;
}

/** Where a machine's own stream ends; undefined when nothing is in it, or its last message cannot be read or is no batch. */
export async function lastStored(
  nc: NatsConnection,
  kind: StreamKind,
  machine: string,
): Promise<RecordPosition | undefined> {
  const jsm: JetStreamManager = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const { state } = await jsm.streams.info(streamName(kind));
  if (state.messages === 0) return undefined;
  try {
    const last = await jsm.streams.getMessage(streamName(kind), { last_by_subj: recordSubject(kind, machine) });
    const batch = decodeBatch(last.data);
    return batch && lastPosition(batch);
  } catch (error) {
    if (isNoMessage(error)) return undefined;
    throw error;
  }
}
