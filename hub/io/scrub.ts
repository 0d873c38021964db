/** Reads a stream at leisure, to learn which records its disk still gives back as they were written. */
import type { NatsConnection } from "nats";
import { Account } from "../core/account.ts";
import { decodeBatch } from "../core/batch-codec.ts";
import { atLeisure } from "./at-leisure.ts";
import { feed } from "./feed.ts";

const requestTimeoutMs = 5_000;

export async function scrub(nc: NatsConnection, stream: string, signal: AbortSignal): Promise<Account> {
  const found = new Account();
  const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  const { state } = await jsm.streams.info(stream);
  if (state.messages === 0) return found;
  const messages = feed(nc, jsm, stream, state.first_seq, signal, { untilCaughtUp: true });
  for await (const { data } of atLeisure(messages)) {
    const batch = decodeBatch(data);
    if (batch !== undefined) found.hold(batch.incarnation, batch.firstSeq, batch.records.length);
  }
  return found;
}
