import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hlcZero } from "../../../hub/core/hlc.ts";
import { Ledger } from "../../../hub/core/ledger.ts";
import type { Batch } from "../../../hub/core/record.ts";
import { type AppendOutcome, Journal } from "../../../hub/io/journal.ts";
import { createLog } from "../../../hub/io/log.ts";
import { NatsLink } from "../../../hub/io/nats-link.ts";
import { replay } from "../../../hub/io/replay.ts";
import { Spool } from "../../../hub/io/spool.ts";
import { SpoolDrain } from "../../../hub/io/spool-drain.ts";
import { ensureStreams, streamName } from "../../../hub/io/streams.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { until } from "../../support/until.ts";

const log = createLog("test", () => {});
const never = new AbortController().signal;

/** A journal over a real NATS with a real spool, as one start of a hub has them. */
class Writer {
  readonly ledger: Ledger;
  readonly spooled: Batch[] = [];
  readonly spool: Spool;
  readonly #link: NatsLink;
  readonly #drain: SpoolDrain;
  readonly #journal: Journal;

  private constructor(link: NatsLink, spool: Spool, ledger: Ledger, incarnation: string) {
    this.#link = link;
    this.spool = spool;
    this.ledger = ledger;
    const { nc } = link;
    const onNoStream = async () => {
      await ensureStreams(await nc.jetstreamManager({ checkAPI: false }), "mainpc", "pc2").catch(() => {});
    };
    const manager = () => nc.jetstreamManager({ checkAPI: false });
    const common = { js: nc.jetstream({ timeout: 1_000 }), manager, log, onCut: link.onCut, onNoStream };
    this.#drain = new SpoolDrain({
      ...common,
      spool,
      isConnected: () => link.connected,
      isHeld: (kind, batch) =>
        ledger.holds(kind, batch.origin, batch.incarnation, batch.firstSeq, batch.records.length),
      onStored: (_, batch) => this.#hold(batch),
    });
    this.#journal = new Journal({
      ...common,
      kind: "metrics",
      machine: "mainpc",
      incarnation,
      clock: { now: hlcZero, wallMs: Date.now },
      storeDeadlineMs: 10_000,
      maxQueued: 100_000,
      maxMessageBytes: () => 8 * 1024 * 1024,
      onStored: (batch) => this.#hold(batch),
      onSpooled: (batch) => this.spooled.push(batch),
      detour: this.#drain,
      unavailable: () => (link.connected ? undefined : "away"),
    });
    this.#drain.start();
  }

  static async start(port: number, path: string, incarnation: string, maxBytes = 1024 ** 3): Promise<Writer> {
    const options = { host: "127.0.0.1", port, name: "test", seedFile: undefined, log, onReconnect: () => {} };
    const link = await NatsLink.open(options, never);
    await ensureStreams(await link.nc.jetstreamManager({ checkAPI: false }), "mainpc", "pc2");
    const ledger = new Ledger("mainpc", "pc2");
    await replay(
      link.nc,
      streamName("metrics"),
      log,
      ({ origin, incarnation: from, firstSeq, records }) =>
        ledger.hold("metrics", origin, from, firstSeq, records.length),
      never,
    );
    const spool = new Spool({ path, maxBytes, log, wallMs: Date.now });
    await spool.open();
    return new Writer(link, spool, ledger, incarnation);
  }

  push(body = "a 1\n"): Promise<AppendOutcome> {
    return this.#journal.append({ kind: "push", op: "put", group: [["job", "test"]], body });
  }

  /** Waits until NATS is known to be away. */
  async cut(): Promise<void> {
    await until("the cut", () => !this.#link.connected);
  }

  async drained(): Promise<void> {
    await until("an empty spool", () => this.spool.isEmpty);
  }

  /** Records of the stream as `incarnation:seq`, in its order. */
  async stored(): Promise<string[]> {
    const ids: string[] = [];
    await replay(
      this.#link.nc,
      streamName("metrics"),
      log,
      ({ incarnation, firstSeq, records }) => ids.push(...records.map((_, i) => `${incarnation}:${firstSeq + i}`)),
      never,
    );
    return ids;
  }

  async stop(): Promise<void> {
    await this.#journal.stop();
    await this.#drain.stop();
    await this.spool.close();
    await this.#link.close();
  }

  #hold({ origin, incarnation, firstSeq, records }: Batch): void {
    this.ledger.hold("metrics", origin, incarnation, firstSeq, records.length);
  }
}

const ids = (incarnation: string, count: number) => Array.from({ length: count }, (_, i) => `${incarnation}:${i + 1}`);
const kinds = (outcomes: AppendOutcome[]) => [...new Set(outcomes.map(({ kind }) => kind))];

describe("a journal with a spool over a real NATS", () => {
  let nats: NatsPair;
  let path: string;
  let writer: Writer;

  beforeEach(async () => {
    nats = await startNatsPair();
    path = mkdtempSync(join(tmpdir(), "tandem-drain-"));
    writer = await Writer.start(nats.mainpc.port, path, "i1");
  });

  afterEach(async () => {
    await writer.stop();
    await nats.stop();
    rmSync(path, { recursive: true, force: true });
  });

  it("takes 400 pushes while NATS is dead and brings them into the stream before 100 newer ones, in order and once", async () => {
    expect((await writer.push()).kind).toBe("stored");
    await nats.mainpc.kill();
    await writer.cut();
    const down = [];
    for (let i = 0; i < 40; i++) down.push(...(await Promise.all(Array.from({ length: 10 }, () => writer.push()))));
    expect(kinds(down)).toEqual(["spooled"]);
    expect(writer.spool.records()).toBe(400);
    await nats.mainpc.start();
    const after = [];
    for (let i = 0; i < 100; i++) after.push(await writer.push());
    await writer.drained();
    expect(await writer.stored()).toEqual(ids("i1", 501));
    expect((await writer.push()).kind).toBe("stored");
    expect(writer.ledger.entries(() => 0)[0]).toMatchObject({ stored: 502, missing: 0, duplicates: 0 });
  });

  it("loses and doubles none of 8 clients' pushes when NATS is killed 6 times under them, at any moment", async () => {
    let running = true;
    let acknowledged = 0;
    const client = async () => {
      while (running) {
        const { kind } = await writer.push();
        if (kind === "stored" || kind === "spooled") acknowledged++;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    for (let kill = 0; kill < 6; kill++) {
      const before = acknowledged;
      await until("20 pushes", () => acknowledged > before + 20);
      await nats.mainpc.kill();
      const during = acknowledged;
      await until("20 pushes without NATS", () => acknowledged > during + 20);
      await nats.mainpc.start();
    }
    running = false;
    await Promise.all(clients);
    await writer.drained();
    expect(await writer.stored()).toEqual(ids("i1", acknowledged));
  });

  it("goes on draining after the hub was killed in the middle of it, with nothing lost and nothing twice", async () => {
    await nats.mainpc.kill();
    await writer.cut();
    for (let i = 0; i < 200; i++) await writer.push();
    await nats.mainpc.start();
    await until("some of them", () => writer.spool.records() < 150);
    // The first one is abandoned as it stands, as SIGKILL would leave it.
    const killed = writer;
    writer = await Writer.start(nats.mainpc.port, path, "i2");
    await writer.push();
    await Promise.all([killed.drained(), writer.drained()]);
    const stored = await writer.stored();
    expect(stored.toSorted()).toEqual([...ids("i1", 200), "i2:1"].toSorted());
    await killed.stop();
  });

  it("a spool at its limit refuses further pushes as full, gives their ids to later ones, and takes more when NATS is back", async () => {
    await writer.stop();
    writer = await Writer.start(nats.mainpc.port, path, "i2", 20_000);
    await nats.mainpc.kill();
    await writer.cut();
    const outcomes = [];
    for (let i = 0; i < 10; i++) outcomes.push(await writer.push("x".repeat(4_000)));
    expect(outcomes.map(({ kind }) => kind)).toEqual([...Array(4).fill("spooled"), ...Array(6).fill("full")]);
    await nats.mainpc.start();
    await writer.drained();
    expect((await writer.push()).kind).toBe("stored");
    expect(await writer.stored()).toEqual(ids("i2", 5));
  });
});
