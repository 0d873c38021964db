import type { NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeBatch } from "../../../hub/core/batch-codec.ts";
import type { Batch } from "../../../hub/core/record.ts";
import { readAlertStreams } from "../../../hub/io/alert-streams.ts";
import { createLog } from "../../../hub/io/log.ts";
import { copySubject, ensureStreams, recordSubject, streamName } from "../../../hub/io/streams.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";

const batch = (origin: string, firstSeq: number, wallMs: number): Batch => {
  const word = { kind: "alert", severity: "urgent", name: "hub-lost", subject: "pc2", message: "" } as const;
  return { v: 1, origin, incarnation: "i", firstSeq, records: [{ ...word, at: { wallMs, counter: 0 } }] };
};

describe("the streams of alerts", { timeout: 60_000 }, () => {
  let pair: NatsPair;
  let nc: NatsConnection;
  beforeAll(async () => {
    pair = await startNatsPair();
    nc = await pair.mainpc.connect();
    await ensureStreams(await nc.jetstreamManager(), "mainpc", "pc2");
  }, 60_000);
  afterAll(async () => {
    await nc?.close();
    await pair?.stop();
  });

  const store = (subject: string, data: Uint8Array) => nc.jetstream().publish(subject, data);
  const read = async (signal = new AbortController().signal) => {
    const ids: string[] = [];
    const onBatch = ({ origin, firstSeq }: Batch) => void ids.push(`${origin}:${firstSeq}`);
    const options = { self: "mainpc", peer: "pc2", nc, log: createLog("test", () => {}), signal, onBatch };
    return [await readAlertStreams(options), ids];
  };

  it("are read from their beginning, this machine's and the copy of the peer's, past what is no batch", async () => {
    expect(await read()).toEqual([0, []]);
    const own = recordSubject("alerts", "mainpc");
    for (let seq = 1; seq <= 3; seq++) await store(own, encodeBatch(batch("mainpc", seq, 1_000 * seq)));
    await store(own, Buffer.from("no batch"));
    await store(copySubject("alerts", "pc2"), encodeBatch(batch("pc2", 7, 500)));
    expect(await read()).toEqual([0, ["mainpc:1", "mainpc:2", "mainpc:3", "pc2:7"]]);
  });

  it("that have lost their first records say from when the oldest is that they hold", async () => {
    await (await nc.jetstreamManager()).streams.purge(streamName("alerts"), { seq: 2 });
    expect(await read()).toEqual([2_000, ["mainpc:2", "mainpc:3", "pc2:7"]]);
  });

  it("are not read by a hub that stops", async () => {
    expect(await read(AbortSignal.abort())).toEqual([undefined, []]);
  });
});
