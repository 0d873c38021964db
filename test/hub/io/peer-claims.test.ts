import { connect, type NatsConnection } from "nats";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeBatch } from "../../../hub/core/batch-codec.ts";
import { type Hlc, maxWallMs } from "../../../hub/core/hlc.ts";
import { type Batch, nextIncarnation } from "../../../hub/core/record.ts";
import type { SnapshotLine } from "../../../hub/core/snapshot.ts";
import { trustMetrics } from "../../../hub/http/trust-metrics.ts";
import { createLog } from "../../../hub/io/log.ts";
import { SnapshotStore } from "../../../hub/io/snapshot-store.ts";
import { pauseAfterAdoptionMs } from "../../../hub/io/snapshots.ts";
import { ensureStreams, recordSubject } from "../../../hub/io/streams.ts";
import { fault } from "../../support/fault.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { RecordsSide } from "../../support/records-side.ts";
import { until } from "../../support/until.ts";

const dayMs = 86_400_000;
const year2100Ms = Date.UTC(2100, 0);

describe("a hub whose peer says what it likes", () => {
  let nats: NatsPair;
  let peer: NatsConnection;
  let mainpc: RecordsSide;
  let pc2: RecordsSide | undefined;
  let said = 0;
  let seq = 1;
  const incarnation = nextIncarnation(Date.now(), "0fffff");

  beforeEach(async () => {
    nats = await startNatsPair();
    peer = await connect({ port: nats.pc2.port });
    await ensureStreams(await peer.jetstreamManager(), "pc2", "mainpc");
    mainpc = await RecordsSide.start("mainpc", nats);
    [pc2, said, seq] = [undefined, 0, 1];
  });

  afterEach(async () => {
    await Promise.all([mainpc.stop(), pc2?.stop()]);
    await peer.close();
    await nats.stop();
  });

  /** A push as the peer's stream holds it. */
  const peerPushed = async (job: string, at: Hlc, of = incarnation) => {
    const data = encodeBatch(batchOf(job, at, "pc2", of));
    await peer.jetstream().publish(recordSubject("metrics", "pc2"), data);
  };
  const batchOf = (job: string, at: Hlc, origin = "pc2", of = incarnation): Batch => {
    const push = { kind: "push" as const, at, op: "put" as const, group: [["job", job]] as [string, string][] };
    return { v: 1, origin, incarnation: of, firstSeq: seq++, records: [{ ...push, body: "a 1\n" }] };
  };
  const heard = (wallMs: number, copied = {}) => {
    const rest = { lagMs: 0, copied, holdings: {}, agents: [] };
    mainpc.records.heardPeer({ v: 1, machine: "pc2", incarnation, counter: ++said, wallMs, ...rest });
  };
  const jobs = (side: RecordsSide) => [...side.fold.groups()].map(({ group }) => group[0]?.[1]).sort();
  const now = (): Hlc => ({ wallMs: Date.now(), counter: 0 });

  it("passes over stamps of the year 2100 and at the end of all stamps, and both still read what is pushed after", async ({
    task,
  }) => {
    heard(Date.now());
    await peerPushed("of 2100", { wallMs: year2100Ms, counter: 0 });
    await peerPushed("the last", { wallMs: maxWallMs, counter: 2 ** 40 });
    await peerPushed("honest", now());
    await until("the honest one", () => jobs(mainpc).includes("honest"));
    expect([jobs(mainpc), mainpc.refused.of("stamp")]).toEqual([["honest"], 2]);

    await mainpc.push(1);
    pc2 = await RecordsSide.start("pc2", nats);
    await pc2.push(1);
    const other = pc2;
    await until("both to hold both", () => jobs(other).includes("mainpc-1") && jobs(mainpc).includes("pc2-1"));
    await mainpc.kill();
    mainpc = await RecordsSide.start("mainpc", nats);
    expect(jobs(mainpc)).toEqual(["honest", "mainpc-1", "pc2-1"]);
    fault(task, "peer-lying", { passedOver: mainpc.refused.of("stamp"), honest: jobs(mainpc).length });
  });

  it("passes nothing over while the peer's clock is as far ahead: its own one may be what is wrong", async ({
    task,
  }) => {
    await peerPushed("ahead", { wallMs: Date.now() + 2 * dayMs, counter: 0 });
    await peerPushed("honest", now());
    heard(Date.now() + 2 * dayMs);
    await until("the copier to say so", () => mainpc.said.some((line) => line.includes("set the clock that is wrong")));
    expect([jobs(mainpc), mainpc.refused.of("stamp")]).toEqual([[], 0]);
    heard(Date.now());
    await until("the honest one", () => jobs(mainpc).includes("honest"));
    expect([jobs(mainpc), mainpc.refused.of("stamp")]).toEqual([["honest"], 1]);
    fault(task, "clock-days-ahead", { passedOver: mainpc.refused.of("stamp"), honest: jobs(mainpc).length });
  });

  it("takes no record of an incarnation whose name is none", async () => {
    heard(Date.now());
    await peerPushed("odd", now(), "zzzzzzzzzzzz");
    seq = 1;
    await peerPushed("honest", now());
    await until("the honest one", () => jobs(mainpc).includes("honest"));
    expect([jobs(mainpc), mainpc.refused.of("incarnation")]).toEqual([["honest"], 1]);
  });

  it("refuses forged records and counts them: of this machine's name, and what is no batch", async () => {
    heard(Date.now());
    const [own] = [encodeBatch(batchOf("forged", now(), "mainpc"))];
    for (const data of [own, Buffer.from("{}"), Buffer.from("")])
      await peer.jetstream().publish(recordSubject("metrics", "pc2"), data);
    seq = 1;
    await peerPushed("honest", now());
    await until("the honest one", () => jobs(mainpc).includes("honest"));
    expect([jobs(mainpc), mainpc.refused.of("batch")]).toEqual([["honest"], 3]);
    const registry = new Registry();
    trustMetrics(registry, mainpc.refused, { open: 0, refused: 0 });
    expect(await registry.metrics()).toContain('tandem_peer_refused_total{what="batch"} 3');
  });

  it("refuses oversized records and counts them: a push that its group's labels blow up is passed over, here and after a restart", async () => {
    heard(Date.now());
    const labels = Array.from({ length: 40 }, (_, i): [string, string] => [`l${i}`, "x".repeat(1_000)]);
    const large = batchOf("large", now());
    const [record] = large.records;
    if (record?.kind !== "push") throw new Error("it is a push");
    record.group = [["job", "large"], ...labels];
    record.body = "a 1\n".repeat(1).concat(...Array.from({ length: 4_000 }, (_, i) => `a{i="${i}"} 1\n`));
    await peer.jetstream().publish(recordSubject("metrics", "pc2"), encodeBatch(large));
    await peerPushed("honest", now());
    await until("the honest one", () => jobs(mainpc).includes("honest"));
    expect([jobs(mainpc), mainpc.refused.of("batch")]).toEqual([["honest"], 1]);
    await mainpc.kill();
    mainpc = await RecordsSide.start("mainpc", nats);
    expect(jobs(mainpc)).toEqual(["honest"]);
  });

  it("takes replayed records once, also with another body, and reordered ones as if they had come in their order", async () => {
    heard(Date.now());
    const [early, late] = [now(), { wallMs: Date.now() + 10, counter: 0 }];
    const first = batchOf("group", early);
    const second = { ...batchOf("group", late), records: [{ ...first.records[0], at: late, body: "a 2\n" }] } as Batch;
    const replayed = { ...first, records: [{ ...first.records[0], body: "a 3\n" }] } as Batch;
    for (const batch of [second, first, replayed, second])
      await peer.jetstream().publish(recordSubject("metrics", "pc2"), encodeBatch(batch));
    await peerPushed("last", now());
    await until("the last one", () => jobs(mainpc).includes("last"));
    expect([jobs(mainpc), mainpc.fold.metricsText().match(/^a\{.*group.*$/m)?.[0]]).toEqual([
      ["group", "last"],
      'a{instance="",job="group"} 2',
    ]);
    const line = mainpc.records.ledgerEntries().find(({ stream, origin }) => stream === "metrics" && origin === "pc2");
    expect(line).toMatchObject({ stored: 3, missing: 0, duplicates: 2 });
  });

  it("does not take a place that its records have not reached for a copy of them", async () => {
    await mainpc.push(1);
    const first = mainpc.records.newestPush();
    if (first === "spool") throw new Error("it was spooled");
    heard(Date.now(), { metrics: { ...first, seq: Number.MAX_SAFE_INTEGER } });
    await mainpc.push(1, 2);
    const second = mainpc.records.newestPush();
    if (second === "spool") throw new Error("it was spooled");
    expect([await mainpc.records.replicated(second), mainpc.refused.of("position")]).toEqual(["local", 1]);
    heard(Date.now(), { metrics: second });
    expect(await mainpc.records.replicated(second)).toBe("peer");
  });

  it("reads the peer's snapshot ever more rarely while it has nothing of what its mark says is lacking, and takes no line beyond bounds", async () => {
    const log = createLog("pc2", () => {});
    const store = new SnapshotStore("pc2", peer, log);
    await store.ensure();
    const settled = { "metrics/pc2": { position: { incarnation, seq: 9 }, count: 1_000_000 } };
    const runs = Array.from({ length: 600 }, (_, i): [number, number] => [1 + 2 * i, 1 + 2 * i]);
    const client = { is: "client" as const, lowest: 1, duplicates: 0, writtenOff: 0, recent: [] };
    const lines: SnapshotLine[] = [
      { ...client, client: "holed", numbers: runs },
      { ...client, client: "honest", numbers: [[1, 1]] },
    ];
    const each = async function* () {
      yield* lines;
    };
    await store.write(each(), () => ({
      atMs: Date.now(),
      places: {},
      covers: {},
      settled,
      purgeMarks: {},
      copied: {},
    }));
    const adopted = () => mainpc.said.filter((line) => line.includes('"snapshot.adopted"')).length;
    const untilMs = performance.now() + 6_500;
    await until("6.5 s of its words", () => {
      const rest = { lagMs: 0, copied: {}, holdings: {}, agents: [], snapshot: { covers: {}, settled } };
      mainpc.records.heardPeer({ v: 1, machine: "pc2", incarnation, counter: ++said, wallMs: Date.now(), ...rest });
      return performance.now() > untilMs;
    });
    // At 0, 1 and 3 s, and the next one is at 7 s.
    expect(adopted()).toBeGreaterThanOrEqual(2);
    expect(adopted()).toBeLessThanOrEqual(3);
    expect(mainpc.refused.of("snapshot")).toBeGreaterThanOrEqual(2);
    expect(mainpc.records.clients.totals()).toMatchObject({ clients: 1, missing: 0 });
    expect([1, 2, 3, 9, 10, 99].map(pauseAfterAdoptionMs)).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
  });

  it("asks no ledger for machines that are not of the pair", () => {
    const mark = { position: { incarnation, seq: 1 }, count: 1 };
    const word = { v: 1 as const, machine: "pc2", incarnation, counter: 1, wallMs: Date.now(), lagMs: 0 };
    const settled = { "metrics/elsewhere": mark, "metrics/nowhere": mark };
    mainpc.records.heardPeer({ ...word, copied: {}, holdings: {}, agents: [], snapshot: { covers: {}, settled } });
    expect(mainpc.refused.of("ledger")).toBe(2);
    expect(mainpc.records.forHeartbeat().holdings).toEqual({});
  });
});
