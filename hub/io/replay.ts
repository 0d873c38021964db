/** Reads back a stream of this machine's own domain at the start, so that ledger and fold stand where they stood. */
import type { NatsConnection } from "nats";
import type { Batch } from "../core/record.ts";
import { decodeBatch } from "./copier.ts";
import { feed } from "./feed.ts";
import type { Log } from "./log.ts";

const requestTimeoutMs = 5_000;

/** @returns the number of records read; a message that is no batch is said so and passed over */
export async function replay(
  nc: NatsConnection,
  stream: string,
  log: Log,
  onBatch: (batch: Batch) => void,
  signal: AbortSignal,
): Promise<number> {
  const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const { state } = await jsm.streams.info(stream);
  if (state.messages === 0) return 0;
  let records = 0;
  for await (const { streamSeq, data } of feed(nc, jsm, stream, state.first_seq, signal)) {
    const batch = decodeBatch(data);
    if (batch === undefined) log.error("replay.not_a_batch", { stream, streamSeq });
    else {
      records += batch.records.length;
      onBatch(batch);
    }
    if (streamSeq >= state.last_seq) break;
  }
  return records;
}
