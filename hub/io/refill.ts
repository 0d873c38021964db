/** Brings back into this machine's own stream what it lost with its disk and the peer still holds. */
import type { NatsConnection } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import type { Batch, StreamKind } from "../core/record.ts";
import { feed } from "./feed.ts";
import { acrossLink } from "./inboxes.ts";
import { messageId } from "./publish.ts";
import { copyName, recordSubject, streamName } from "./streams.ts";

export interface RefillOptions {
  kind: StreamKind;
  /** This machine. */
  machine: string;
  peer: string;
  nc: NatsConnection;
  /** Whether it is lacking here, and may come in. */
  isWanted(batch: Batch): boolean;
  /** Called for each batch once it is stored here again, with its sequence in the stream. */
  onRefilled(batch: Batch, streamSeq: number): void;
  signal: AbortSignal;
}

const requestTimeoutMs = 2_000;

/**
 * Safe to run again after a failure half-way: what is held already is passed over.
 * @returns the number of records brought back
 */
export async function refill(options: RefillOptions): Promise<number> {
  const { kind, machine, peer, nc, isWanted, onRefilled, signal } = options;
  const across = acrossLink(nc);
  const away = await across.jetstreamManager({ domain: peer, checkAPI: false, timeout: requestTimeoutMs });
  const copy = copyName(kind, machine);
  const { state } = await away.streams.info(copy);
  if (state.messages === 0) return 0;
  const js = nc.jetstream({ timeout: requestTimeoutMs });
  let records = 0;
  for await (const { data } of feed(across, away, copy, state.first_seq, signal, { untilCaughtUp: true })) {
    const batch = decodeBatch(data);
    if (batch === undefined || batch.origin !== machine || !isWanted(batch)) continue;
    const { seq } = await js.publish(recordSubject(kind, machine), data, {
      msgID: messageId(batch),
      expect: { streamName: streamName(kind) },
    });
    onRefilled(batch, seq);
    records += batch.records.length;
  }
  return records;
}
