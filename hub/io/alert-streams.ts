/** Reads the streams of both machines' alerts, as this machine holds them, from their beginning and at leisure. */
import type { NatsConnection } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import type { Batch } from "../core/record.ts";
import { atLeisure } from "./at-leisure.ts";
import { feed } from "./feed.ts";
import { heldStreams } from "./held-streams.ts";
import { type Log, messageOf } from "./log.ts";

export interface AlertStreamsOptions {
  self: string;
  peer: string;
  nc: NatsConnection;
  log: Log;
  signal: AbortSignal;
  onBatch(batch: Batch): void;
}

const requestTimeoutMs = 5_000;
const retryMs = 5_000;

/** Resolves with when the oldest record is from of those streams that have lost older ones, wall ms; 0 when none has. Undefined when stopped. */
export async function readAlertStreams(options: AlertStreamsOptions): Promise<number | undefined> {
  const { self, peer, log, signal } = options;
  let fromMs = 0;
  for (const { kind, name } of heldStreams(self, peer)) {
    if (kind !== "alerts") continue;
    for (;;) {
      if (signal.aborted) return undefined;
      try {
        fromMs = Math.max(fromMs, await readOne(options, name));
        break;
      } catch (error) {
        if (signal.aborted) return undefined;
        log.warn("timeline.unread", { stream: name, error: messageOf(error) });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }
  return fromMs;
}

/** What comes while it reads is taken as it comes, elsewhere. */
async function readOne({ nc, signal, onBatch }: AlertStreamsOptions, name: string): Promise<number> {
  const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const { state } = await jsm.streams.info(name);
  if (state.messages === 0) return 0;
  let fromMs: number | undefined;
  const messages = feed(nc, jsm, name, state.first_seq, signal, { untilCaughtUp: true });
  for await (const { streamSeq, data } of atLeisure(messages)) {
    if (streamSeq > state.last_seq) break;
    const batch = decodeBatch(data);
    if (batch === undefined) continue;
    fromMs ??= batch.records[0]?.at.wallMs;
    onBatch(batch);
  }
  return state.first_seq > 1 ? (fromMs ?? 0) : 0;
}
