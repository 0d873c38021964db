import type { NatsConnection } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hlcZero } from "../../../hub/core/hlc.ts";
import { Ledger } from "../../../hub/core/ledger.ts";
import type { Batch } from "../../../hub/core/record.ts";
import { Copier } from "../../../hub/io/copier.ts";
import { Journal } from "../../../hub/io/journal.ts";
import { createLog } from "../../../hub/io/log.ts";
import { refill } from "../../../hub/io/refill.ts";
import { replay } from "../../../hub/io/replay.ts";
import { copyName, ensureStreams, streamName } from "../../../hub/io/streams.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { until } from "../../support/until.ts";

const log = createLog("test", () => {});

/** One machine's writing and reading side, as the hub joins them. */
class Side {
  readonly ledger: Ledger;
  readonly nc: NatsConnection;
  readonly #self: string;
  readonly #peer: string;
  #copier: Copier | undefined;
  #journal: Journal | undefined;

  constructor(self: string, peer: string, nc: NatsConnection) {
    this.#self = self;
    this.#peer = peer;
    this.nc = nc;
    this.ledger = new Ledger(self, peer);
  }

  lost = 0;

  async start(incarnation: string, handedOverSeq = 0): Promise<void> {
    await this.ensureStreams();
    this.#journal = new Journal({
      kind: "metrics",
      machine: this.#self,
      incarnation,
      js: this.nc.jetstream({ timeout: 1_000 }),
      manager: () => this.nc.jetstreamManager({ checkAPI: false }),
      log,
      clock: { now: hlcZero, wallMs: Date.now },
      storeDeadlineMs: 5_000,
      maxQueued: 1_000,
      maxMessageBytes: () => this.nc.info?.max_payload ?? Number.POSITIVE_INFINITY,
      // As the hub does: who asked for it tries again anyway.
      onNoStream: () => this.ensureStreams().catch(() => {}),
      onStored: (batch) => this.#hold(batch),
      unavailable: () => undefined,
    });
    this.#copier = new Copier({
      kind: "metrics",
      origin: this.#peer,
      nc: this.nc,
      log,
      handedOverSeq,
      isDamaged: false,
      onNoBatch: () => {},
      admits: () => "taken",
      isHeld: (batch) => this.#isHeld(batch),
      holes: () => this.ledger.holes("metrics", this.#peer),
      onLost: () => {
        this.lost++;
        this.ledger.forget("metrics", this.#peer);
      },
      onNoStream: () => this.ensureStreams().catch(() => {}),
      onCopied: (batch) => this.#hold(batch),
    });
    this.#copier.start();
  }

  async push(count: number, body = "a 1\n"): Promise<string[]> {
    const group: [string, string][] = [["job", "test"]];
    const outcomes = await Promise.all(
      Array.from({ length: count }, () => this.#journal?.append({ kind: "push", op: "put", group, body })),
    );
    return outcomes.map((outcome) => outcome?.kind ?? "none");
  }

  held(origin: string): number {
    return this.ledger.holdings()[`metrics/${origin}`]?.count ?? 0;
  }

  holes(origin: string): number {
    return this.ledger.holdings()[`metrics/${origin}`]?.holes ?? 0;
  }

  async stored(stream: string): Promise<number> {
    const { records } = await replay(this.nc, stream, log, () => {}, new AbortController().signal);
    return records;
  }

  async ensureStreams(): Promise<void> {
    await ensureStreams(await this.nc.jetstreamManager(), this.#self, this.#peer);
  }

  refill(): Promise<number> {
    return refill({
      kind: "metrics",
      machine: this.#self,
      peer: this.#peer,
      nc: this.nc,
      isWanted: (batch) => !this.#isHeld(batch),
      onRefilled: (batch) => this.#hold(batch),
      signal: new AbortController().signal,
    });
  }

  async stop(): Promise<void> {
    await this.#copier?.stop();
    await this.nc.close();
  }

  #isHeld({ origin, incarnation, firstSeq, records }: Batch): boolean {
    return this.ledger.holds("metrics", origin, incarnation, firstSeq, records.length);
  }

  #hold(batch: Batch): void {
    this.ledger.hold("metrics", batch.origin, batch.incarnation, batch.firstSeq, batch.records.length);
  }
}

describe("copying between two real domains", () => {
  let nats: NatsPair;
  let mainpc: Side;
  let pc2: Side;

  beforeEach(async () => {
    nats = await startNatsPair();
    mainpc = new Side("mainpc", "pc2", await nats.mainpc.connect());
    pc2 = new Side("pc2", "mainpc", await nats.pc2.connect());
    await Promise.all([mainpc.start("i1"), pc2.start("i1")]);
  });

  afterEach(async () => {
    await Promise.all([mainpc.stop(), pc2.stop()]);
    await nats.stop();
  });

  it("brings 500 records of each side to the other, each once and without holes", async () => {
    await Promise.all([mainpc.push(500), pc2.push(500)]);
    await until("both copies", () => mainpc.held("pc2") === 500 && pc2.held("mainpc") === 500);
    expect([mainpc.holes("pc2"), pc2.holes("mainpc")]).toEqual([0, 0]);
    expect(await pc2.stored(copyName("metrics", "mainpc"))).toBe(500);
  });

  it("goes on after SIGKILL of the copying side's NATS with what was stored meanwhile, none twice", async () => {
    await mainpc.push(100);
    await until("the first copy", () => pc2.held("mainpc") === 100);
    await nats.pc2.kill();
    expect(await mainpc.push(50)).toEqual(Array(50).fill("stored"));
    await nats.pc2.start();
    await until("the rest", () => pc2.held("mainpc") === 150);
    expect(await pc2.stored(copyName("metrics", "mainpc"))).toBe(150);
    const line = pc2.ledger.entries(() => 0).find(({ origin }) => origin === "mainpc");
    expect(line).toMatchObject({ duplicates: 0, missing: 0 });
  });

  it("goes on after SIGKILL of the origin's NATS, and stores there again when it is back", async () => {
    await mainpc.push(100);
    await nats.mainpc.kill();
    const late = mainpc.push(20);
    await nats.mainpc.start();
    expect(await late).toEqual(Array(20).fill("stored"));
    await until("all copies", () => pc2.held("mainpc") === 120);
    expect(await pc2.stored(copyName("metrics", "mainpc"))).toBe(120);
  });

  it("takes in an origin that lost its disk and counts its sequences anew, keeping what it had", async () => {
    await mainpc.push(40);
    await until("the first copy", () => pc2.held("mainpc") === 40);
    await nats.mainpc.loseDisk();
    await mainpc.stop();
    await nats.mainpc.start();
    mainpc = new Side("mainpc", "pc2", await nats.mainpc.connect());
    await mainpc.start("i2");
    await mainpc.push(60);
    await until("the new records", () => pc2.held("mainpc") === 100);
    expect(await pc2.stored(copyName("metrics", "mainpc"))).toBe(100);
    expect(await mainpc.stored(streamName("metrics"))).toBe(60);
  });

  it("copies a record of 3 MB and goes on behind it", async () => {
    expect(await mainpc.push(1, "a".repeat(3_000_000))).toEqual(["stored"]);
    await mainpc.push(3);
    await until("the copies", () => pc2.held("mainpc") === 4);
  });

  it("hands over what lies in the copy without its confirmation having been heard", async () => {
    await mainpc.push(30);
    await until("the copy", () => pc2.held("mainpc") === 30);
    await pc2.stop();
    pc2 = new Side("pc2", "mainpc", await nats.pc2.connect());
    await pc2.start("i2");
    await until("what was never handed over", () => pc2.held("mainpc") === 30);
    await mainpc.push(5);
    await until("what came after it", () => pc2.held("mainpc") === 35);
    expect([pc2.holes("mainpc"), await pc2.stored(copyName("metrics", "mainpc"))]).toEqual([0, 35]);
  });

  it("copies all anew when the copying side's NATS lost its disk and its hub lives on", async () => {
    await mainpc.push(40);
    await until("the first copy", () => pc2.held("mainpc") === 40);
    await nats.pc2.loseDisk();
    await nats.pc2.start();
    await mainpc.push(10);
    await until("the new copy", async () => (await pc2.stored(copyName("metrics", "mainpc")).catch(() => 0)) === 50);
    await until("the ledger", () => pc2.held("mainpc") === 50);
    expect(pc2.lost).toBe(1);
  });

  it("brings back from the peer the 40 records that the origin's NATS lost with its disk", async () => {
    await mainpc.push(40);
    await until("the copy", () => pc2.held("mainpc") === 40);
    await nats.mainpc.loseDisk();
    await nats.mainpc.start();
    await until("a new stream", async () => (await mainpc.push(1))[0] === "stored");
    mainpc.ledger.forget("metrics", "mainpc");
    await until("the peer's copy to be reached", async () => (await mainpc.refill().catch(() => 0)) >= 40);
    expect(await mainpc.stored(streamName("metrics"))).toBe(41);
    await until("no second copy of any", () => pc2.held("mainpc") === 41);
    expect(await pc2.stored(copyName("metrics", "mainpc"))).toBe(41);
  });

  it("copies the largest record that the journal takes", async () => {
    expect(await mainpc.push(1, "a".repeat(8 * 1024 * 1024 - 4_500))).toEqual(["stored"]);
    expect(await mainpc.push(1, "a".repeat(8 * 1024 * 1024 - 3_000))).toEqual(["full"]);
    await until("the copy", () => pc2.held("mainpc") === 1);
  });

  it("reads a stream to its end though its last message was deleted", async () => {
    await mainpc.push(1);
    await mainpc.push(1);
    const { streams } = await mainpc.nc.jetstreamManager();
    const { state } = await streams.info(streamName("metrics"));
    await streams.deleteMessage(streamName("metrics"), state.last_seq);
    expect(await mainpc.stored(streamName("metrics"))).toBe(1);
  });

  it("stops at whatever moment it is told to, 20 times from 0 to 19 ms after its start", async () => {
    for (let afterMs = 0; afterMs < 20; afterMs++) {
      const side = new Side("pc2", "mainpc", await nats.pc2.connect());
      await side.start(`stop${afterMs}`);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await side.stop();
    }
  });

  it("refuses a record above what NATS takes and stores the next one", async () => {
    expect(await mainpc.push(1, "a".repeat(9_000_000))).toEqual(["full"]);
    expect(await mainpc.push(1)).toEqual(["stored"]);
    expect(mainpc.holes("mainpc")).toBe(0);
  });
});
