/** Reads back a stream of this machine's own domain at the start, so that ledger and fold stand where they stood. */
import type { JetStreamManager, NatsConnection } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import type { Batch } from "../core/record.ts";
import { feed } from "./feed.ts";
import type { Log } from "./log.ts";

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
