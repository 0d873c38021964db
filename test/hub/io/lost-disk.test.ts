import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { type Machine, RecordsSide } from "../../support/records-side.ts";
import { until } from "../../support/until.ts";

const hourMs = 3_600_000;
const reach = { hubAlive: true, natsHeard: true };

describe("a machine whose NATS has lost its disk", () => {
  let nats: NatsPair;
  let mainpc: RecordsSide;
  let pc2: RecordsSide;

  beforeEach(async () => {
    nats = await startNatsPair();
    pc2 = await RecordsSide.start("pc2", nats);
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all([mainpc.stop(), pc2.stop()]);
    await nats.stop();
  });

  const exchange = async () => {
    await mainpc.exchange(pc2);
    await pc2.exchange(mainpc);
    mainpc.records.judgeSync(reach);
  };
  const loseDisk = async (machine: Machine) => {
    await nats[machine].loseDisk();
    await nats[machine].start();
  };
  const whole = (count: number) => async () => {
    await exchange();
    const line = mainpc.line("mainpc");
    return line?.stored === count && line.copied === count && line.missing === 0;
  };

  it("comes in sync again with a clock that was set back by an hour meanwhile, and its pushes are confirmed", async () => {
    const real = Date.now;
    vi.spyOn(Date, "now").mockImplementation(() => real() + hourMs);
    mainpc = await RecordsSide.start("mainpc", nats);
    vi.restoreAllMocks();
    await mainpc.push(10);
    await until("the copies", () => pc2.fold.groupCount === 10);
    await mainpc.kill();
    await loseDisk("mainpc");

    mainpc = await RecordsSide.start("mainpc", nats);
    await mainpc.push(3, 11);
    await until("all 13 on both sides", whole(13));
    expect(mainpc.said.filter((line) => line.includes("records.renamed"))).toHaveLength(1);
    await mainpc.push(3, 14);
    await until("the pair to be in sync, and all that is pushed to be confirmed", async () => {
      await exchange();
      const { sync, isRefilled, uncopied } = mainpc.records;
      return sync.state === "in-sync" && isRefilled && uncopied.records === 0;
    });
    await mainpc.push(1, 17);
    const last = mainpc.records.newestPush();
    if (last === "spool") throw new Error("it was spooled");
    expect([await mainpc.records.replicated(last), last.seq]).toEqual(["peer", 4]);
    expect([mainpc.fold.groupCount, pc2.fold.groupCount, mainpc.refused.of("position")]).toEqual([17, 17, 0]);
  });

  it("does not take its stream for cut off because what came back from the peer stands behind what is newer", async () => {
    mainpc = await RecordsSide.start("mainpc", nats);
    await mainpc.push(20);
    await until("the copies", () => pc2.fold.groupCount === 20);
    await mainpc.kill();
    await loseDisk("mainpc");
    mainpc = await RecordsSide.start("mainpc", nats);
    await mainpc.push(1, 21);
    await until("all 21", whole(21));
    await nats.mainpc.kill("SIGTERM");
    await nats.mainpc.start();
    await until("its look", () => mainpc.said.join().includes("streams.checked"));
    expect(mainpc.said.join()).not.toContain("streams.end_lost");
    expect(mainpc.records.damages).toBe(0);
  });

  it("is the peer: the pair is degraded until all copies are there again, and says why", async () => {
    mainpc = await RecordsSide.start("mainpc", nats);
    await mainpc.push(40);
    await until("the pair to be in sync", async () => {
      await exchange();
      return pc2.fold.groupCount === 40 && mainpc.records.sync.state === "in-sync";
    });
    const first = mainpc.records.newestPush();
    nats.leaf.cut();
    await nats.pc2.loseDisk();
    await nats.pc2.start();
    await until("the word of it", async () => {
      await pc2.exchange(mainpc);
      mainpc.records.judgeSync(reach);
      return mainpc.records.sync.reason === "the peer copies anew";
    });
    if (first === "spool") throw new Error("it was spooled");
    expect([mainpc.records.sync.state, await mainpc.records.replicated(first)]).toEqual(["degraded", "local"]);
    await nats.leaf.open();
    await until("the pair to be in sync", async () => {
      await exchange();
      return mainpc.records.sync.state === "in-sync";
    });
    expect(pc2.line("mainpc")).toMatchObject({ stored: 40, missing: 0 });
    expect(await mainpc.records.replicated(first)).toBe("peer");
  });
});
