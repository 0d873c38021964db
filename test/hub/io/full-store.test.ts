import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JetStreamClient, NatsConnection } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hlcZero } from "../../../hub/core/hlc.ts";
import { Ledger } from "../../../hub/core/ledger.ts";
import type { StreamKind } from "../../../hub/core/record.ts";
import { type AppendOutcome, Journal } from "../../../hub/io/journal.ts";
import { createLog } from "../../../hub/io/log.ts";
import { replay } from "../../../hub/io/replay.ts";
import { Spool } from "../../../hub/io/spool.ts";
import { SpoolDrain } from "../../../hub/io/spool-drain.ts";
import { ensureStreams, streamName } from "../../../hub/io/streams.ts";
import { fault } from "../../support/fault.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { until } from "../../support/until.ts";

const log = createLog("test", () => {});
const stream = streamName("metrics");
const limitBytes = 64 * 1024;
const body = "x".repeat(5_000);

describe("a stream at its limit of 64 KiB", () => {
  let nats: NatsPair;
  let nc: NatsConnection;
  let folder: string;
  let connected: boolean;
  let spool: Spool;
  let drain: SpoolDrain;
  let journal: Journal;
  let healthJournal: Journal;
  let held: Ledger;

  beforeEach(async () => {
    nats = await startNatsPair();
    nc = await nats.mainpc.connect();
    const sizes = { metrics: limitBytes, health: limitBytes, alerts: limitBytes };
    await ensureStreams(await nc.jetstreamManager(), "mainpc", "pc2", sizes);
    folder = mkdtempSync(join(tmpdir(), "tandem-full-"));
    connected = true;
    spool = new Spool({ path: folder, maxBytes: 1024 ** 2, log, wallMs: Date.now });
    await spool.open();
    held = new Ledger("mainpc", "pc2");
    drain = startDrain();
    const options = {
      ...common(),
      machine: "mainpc",
      incarnation: "i1",
      clock: { now: hlcZero, wallMs: Date.now },
      storeDeadlineMs: 10_000,
      maxQueued: 1_000,
      maxMessageBytes: () => 8 * 1024 * 1024,
      onStored: () => {},
      detour: drain,
      unavailable: () => (connected ? undefined : "away"),
    };
    journal = new Journal({ ...options, kind: "metrics" });
    healthJournal = new Journal({ ...options, kind: "health" });
  });

  afterEach(async () => {
    await Promise.all([journal.stop(), healthJournal.stop()]);
    await drain.stop();
    await spool.close();
    await nc.close();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const common = () => ({
    js: nc.jetstream(),
    manager: () => nc.jetstreamManager(),
    log,
    onCut: () => () => {},
    onNoStream: async () => {},
  });
  const startDrain = () => {
    const started = new SpoolDrain({
      ...common(),
      spool,
      isConnected: () => connected,
      isHeld: (kind, { origin, incarnation, firstSeq, records }) =>
        held.holds(kind, origin, incarnation, firstSeq, records.length),
      onStored: () => {},
    });
    started.start();
    return started;
  };
  const push = () => journal.append({ kind: "push", op: "put", group: [["job", "a"]], body });
  const pushMany = async (count: number) => {
    const outcomes: AppendOutcome[] = [];
    for (let i = 0; i < count; i++) outcomes.push(await push());
    return outcomes;
  };
  const change = () =>
    healthJournal.append({ kind: "health", machine: "mainpc", agent: "a", from: "unknown", to: "healthy", reason: "" });
  const stored = async (kind: StreamKind = "metrics") => {
    const seqs: number[] = [];
    const { signal } = new AbortController();
    await replay(
      nc,
      streamName(kind),
      log,
      (batch) => seqs.push(...batch.records.map((_, i) => batch.firstSeq + i)),
      signal,
    );
    return seqs;
  };
  const makeRoom = async () => {
    const jsm = await nc.jetstreamManager();
    await jsm.streams.update(stream, { max_bytes: 4 * limitBytes });
  };
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

  it("takes what fits, refuses the rest as full with nothing of it stored, and goes on without a gap once there is room", async ({
    task,
  }) => {
    const outcomes = await pushMany(20);
    const fitted = outcomes.filter(({ kind }) => kind === "stored").length;
    expect(fitted).toBeGreaterThan(5);
    expect(outcomes.slice(fitted).map(({ kind }) => kind)).toEqual(Array(20 - fitted).fill("full"));
    expect(outcomes.at(-1)).toMatchObject({ reason: expect.stringContaining(`stream ${stream} takes no more`) });
    expect(await stored()).toEqual(upTo(fitted));
    await makeRoom();
    expect((await push()).kind).toBe("stored");
    expect(await stored()).toEqual(upTo(fitted + 1));
    fault(task, "store-full", {
      acknowledged: fitted + 1,
      refused: outcomes.length - fitted,
      stored: (await stored()).length,
    });
  });

  it("keeps what was spooled until there is room, refuses further pushes meanwhile, and loses none that it took", async () => {
    connected = false;
    expect((await pushMany(20)).every(({ kind }) => kind === "spooled")).toBe(true);
    connected = true;
    await until("a refusal", async () => (await push()).kind === "full");
    const took = spool.records() + (await stored()).length;
    await makeRoom();
    await until("an empty spool", () => spool.isEmpty);
    await until("a push that is stored", async () => (await push()).kind === "stored");
    expect(await stored()).toEqual(upTo(took + 1));
  });

  it("keeps no record of another stream waiting: health changes are stored beside the full one, those of the spool first", async () => {
    expect((await pushMany(20)).at(-1)?.kind).toBe("full");
    const fitted = (await stored()).length;
    connected = false;
    expect((await push()).kind).toBe("spooled");
    expect((await change()).kind).toBe("spooled");
    connected = true;
    await until("the drain to find it full", async () => (await push()).kind === "full");
    await until("the spooled health change", async () => (await stored("health")).length === 1);
    expect((await change()).kind).toBe("stored");
    expect([spool.isEmptyOf("metrics"), spool.isEmptyOf("health")]).toEqual([false, true]);
    connected = false;
    expect((await change()).kind).toBe("spooled");
    connected = true;
    await until("the third", () => spool.isEmptyOf("health"));
    expect([await stored("health"), (await stored()).length]).toEqual([upTo(3), fitted]);
    const took = fitted + spool.records("metrics");
    await makeRoom();
    await until("an empty spool", () => spool.isEmpty);
    expect([await stored(), await stored("health")]).toEqual([upTo(took), upTo(3)]);
  });

  it("stores nothing twice when the hub starts anew while its spool holds what was brought around the full stream", async () => {
    await pushMany(20);
    const fitted = (await stored()).length;
    connected = false;
    expect([(await push()).kind, (await change()).kind]).toEqual(["spooled", "spooled"]);
    connected = true;
    await until("the health change", () => spool.isEmptyOf("health"));
    await drain.stop();
    await spool.close();
    await makeRoom();

    // What a start reads back from the streams.
    const { signal } = new AbortController();
    await replay(
      nc,
      streamName("health"),
      log,
      ({ records }) => held.hold("health", "mainpc", "i1", 1, records.length),
      signal,
    );
    spool = new Spool({ path: folder, maxBytes: 1024 ** 2, log, wallMs: Date.now });
    await spool.open();
    expect([spool.records("metrics"), spool.records("health")]).toEqual([1, 1]);
    drain = startDrain();
    await until("an empty spool", () => spool.isEmpty);
    expect([await stored(), await stored("health")]).toEqual([upTo(fitted + 1), upTo(1)]);
    expect(held.entries(() => 0).map(({ duplicates }) => duplicates)).toEqual(Array(6).fill(0));
  });

  it("gives no batch up that it holds without having said so: full is an answer only where nothing may be stored", async () => {
    const js = nc.jetstream();
    const calls: string[] = [];
    const publish = async (...args: Parameters<JetStreamClient["publish"]>) => {
      calls.push(args[2]?.msgID ?? "");
      // The first is stored and its answer lost; then the stream is full for whatever comes, until there is room.
      if (calls.length === 1) {
        await js.publish(...args);
        await fill();
        throw new Error("no answer");
      }
      return await js.publish(args[0], args[1], { ...args[2], msgID: `another ${calls.length}` });
    };
    const unheard = new Journal({
      ...common(),
      js: Object.assign(Object.create(js) as JetStreamClient, { publish }), // all else of it is not called
      kind: "metrics",
      machine: "mainpc",
      incarnation: "i2",
      clock: { now: hlcZero, wallMs: Date.now },
      storeDeadlineMs: 10_000,
      maxQueued: 1_000,
      maxMessageBytes: () => 8 * 1024 * 1024,
      onStored: () => {},
      unavailable: () => undefined,
    });
    const fill = async () => {
      const jsm = await nc.jetstreamManager();
      const { state } = await jsm.streams.info(stream);
      await jsm.streams.update(stream, { max_bytes: state.bytes });
    };
    const first = unheard.append({ kind: "push", op: "put", group: [["job", "a"]], body });
    expect(await first).toMatchObject({ kind: "stored", position: { incarnation: "i2", seq: 1 } });
    const second = await unheard.append({ kind: "push", op: "put", group: [["job", "a"]], body });
    expect([second.kind, await stored()]).toEqual(["full", [1]]);
    await makeRoom();
    const third = await unheard.append({ kind: "push", op: "put", group: [["job", "a"]], body });
    expect(third).toMatchObject({ kind: "stored", position: { incarnation: "i2", seq: 2 } });
    expect(await stored()).toEqual([1, 2]);
    await unheard.stop();
  });
});
