/** Reads back a stream of this machine's own domain at the start, so that ledger and fold stand where they stood. */
import type { JetStreamManager, NatsConnection } from "nats";
import type { Batch } from "../core/record.ts";
import { decodeBatch } from "./copier.ts";
import { feed } from "./feed.ts";
import type { Log } from "./log.ts";

const requestTimeoutMs = 5_000;

export interface Replayed {
  records: number;
  /** Sequence of the last message read; 0 when the stream is empty. */
  lastSeq: number;
}

/** Hands over every batch; a message that is no batch is said so and passed over. */
export async function replay(
  nc: NatsConnection,
  stream: string,
  log: Log,
  onBatch: (batch: Batch) => void,
  signal: AbortSignal,
): Promise<Replayed> {
  const jsm: JetStreamManager = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const { state } = await jsm.streams.info(stream);
  const result = { records: 0, lastSeq: state.last_seq };
  if (state.messages === 0) return result;
  for await (const { streamSeq, data } of feed(nc, jsm, stream, state.first_seq, signal, { untilCaughtUp: true })) {
    result.lastSeq = streamSeq;
    const batch = decodeBatch(data);
    if (batch === undefined) log.error("replay.not_a_batch", { stream, streamSeq });
    else {
      result.records += batch.records.length;
      onBatch(batch);
    }
  }
  return result;
}
