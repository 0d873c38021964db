/** Reads a stream at leisure, to learn which records its disk still gives back as they were written. */
import type { NatsConnection } from "nats";
import { Account } from "../core/account.ts";
import { decodeBatch } from "../core/batch-codec.ts";
import { feed } from "./feed.ts";

const requestTimeoutMs = 5_000;
/** Part of a core that it may take. */
const share = 0.2;
const restEveryMs = 10;

export async function scrub(nc: NatsConnection, stream: string, signal: AbortSignal): Promise<Account> {
  const found = new Account();
  const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const { state } = await jsm.streams.info(stream);
  if (state.messages === 0) return found;
  let sinceMs = performance.now();
  for await (const { data } of feed(nc, jsm, stream, state.first_seq, signal, { untilCaughtUp: true })) {
    const batch = decodeBatch(data);
    if (batch !== undefined) found.hold(batch.incarnation, batch.firstSeq, batch.records.length);
    const workedMs = performance.now() - sinceMs;
    if (workedMs < restEveryMs) continue;
    await new Promise((resolve) => setTimeout(resolve, workedMs * (1 / share - 1)));
    sinceMs = performance.now();
  }
  return found;
}
