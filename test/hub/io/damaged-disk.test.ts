import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HubConfigInput } from "../../../hub/config.ts";
import { fault } from "../../support/fault.ts";
import { type NatsPair, type NatsServer, startNatsPair } from "../../support/nats-pair.ts";
import { type Machine, RecordsSide } from "../../support/records-side.ts";
import { until } from "../../support/until.ts";

const folderOf = (server: NatsServer, stream: string) => join(server.storeFolder, "jetstream", "$G", "streams", stream);

/** Flips one bit of the body `marked <i>` in the files of a stream. */
function flip(server: NatsServer, stream: string, i: number): void {
  const folder = join(folderOf(server, stream), "msgs");
  let flips = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".blk"))) {
    const bytes = readFileSync(join(folder, name));
    const at = bytes.indexOf(`marked ${i}\n`);
    if (at < 0) continue;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(join(folder, name), bytes);
    flips++;
  }
  expect(flips).toBe(1);
}

describe("a disk that gives one bit back other than it was written", () => {
  let nats: NatsPair;
  const sides: RecordsSide[] = [];

  beforeEach(async () => {
    nats = await startNatsPair();
  });

  afterEach(async () => {
    await Promise.all(sides.splice(0).map((side) => side.stop()));
    await nats.stop();
  });

  const start = async (machine: Machine, input: Partial<HubConfigInput> = {}) => {
    const side = await RecordsSide.start(machine, nats, input);
    sides.push(side);
    return side;
  };
  const stop = async (side: RecordsSide) => {
    sides.splice(sides.indexOf(side), 1);
    await side.stop();
  };

  it("cuts off the end of the own stream under a living hub, is said so when NATS is back, and all 40 come back", async ({
    task,
  }) => {
    const both = { mainpc: await start("mainpc"), pc2: await start("pc2") };
    await both.mainpc.push(40);
    await until("the copies", () => both.pc2.fold.groupCount === 40);
    await nats.mainpc.kill();
    flip(nats.mainpc, "observability-metrics", 20);
    await nats.mainpc.start();
    await until("the word for it", () => both.mainpc.said.join().includes("streams.end_lost"));
    await until("all 40 on both sides", async () => {
      await both.mainpc.exchange(both.pc2);
      await both.pc2.exchange(both.mainpc);
      const line = both.mainpc.line("mainpc");
      return line?.stored === 40 && line.copied === 40 && line.missing === 0;
    });
    await stop(both.mainpc);
    expect((await start("mainpc")).fold.groupCount).toBe(40);
    fault(task, "bit-flipped", { records: both.pc2.fold.groupCount, missing: both.pc2.line("mainpc")?.missing ?? -1 });
  });

  it.each([
    [
      "own record 20 of 40, after a clean stop of NATS",
      "SIGTERM",
      "mainpc",
      "observability-metrics",
      20,
      "mainpc",
      "streams.damaged",
    ],
    [
      "own record 20 of 40, after a clean stop of NATS, without a snapshot",
      "SIGTERM",
      "mainpc",
      "observability-metrics",
      20,
      "mainpc",
      "replay.unreadable",
    ],
    [
      "own record 20 of 40, after SIGKILL of NATS",
      "SIGKILL",
      "mainpc",
      "observability-metrics",
      20,
      "mainpc",
      "records.lost",
    ],
    [
      "own record 40 of 40, after a clean stop of NATS",
      "SIGTERM",
      "mainpc",
      "observability-metrics",
      40,
      "mainpc",
      "replay.unreadable",
    ],
    [
      "record 20 of the copy, after a clean stop of NATS",
      "SIGTERM",
      "pc2",
      "observability-metrics-from-mainpc",
      20,
      "pc2",
      "streams.damaged",
    ],
    [
      "record 20 of the copy, after a clean stop of NATS, without a snapshot",
      "SIGTERM",
      "pc2",
      "observability-metrics-from-mainpc",
      20,
      "pc2",
      "replay.unreadable",
    ],
    [
      "record 20 of the copy, after SIGKILL of NATS",
      "SIGKILL",
      "pc2",
      "observability-metrics-from-mainpc",
      20,
      "pc2",
      // NATS drops the end of the copy without a word; the copier reads on from where it ends now.
      "copier.copying",
    ],
  ] as const)(
    "in %s, is said so, and the record comes back from the other machine",
    async (what, signal, where, stream, i, saidBy, said) => {
      const both = { mainpc: await start("mainpc"), pc2: await start("pc2") };
      await both.mainpc.push(40);
      await until("the copies", () => both.pc2.fold.groupCount === 40);

      await stop(both[where]);
      await nats[where].kill(signal);
      flip(nats[where], stream, i);
      if (what.endsWith("without a snapshot"))
        rmSync(folderOf(nats[where], "observability-snapshots"), { recursive: true });
      await nats[where].start();
      both[where] = await start(where);
      await until("the word for it, and all 40 on both sides", async () => {
        await both.mainpc.exchange(both.pc2);
        await both.pc2.exchange(both.mainpc);
        const lines = [both.mainpc.line("mainpc"), both.pc2.line("mainpc")];
        if (!both[saidBy].said.join().includes(said)) return false;
        return lines.every((line) => line?.stored === 40 && line.copied === 40 && line.missing === 0);
      });
      expect([both.mainpc.fold.groupCount, both.pc2.fold.groupCount]).toEqual([40, 40]);
      const found = said === "replay.unreadable" || said === "streams.damaged";
      expect(both[where].records.damages).toBe(found ? 1 : 0);
      await stop(both[where]);
      both[where] = await start(where);
      expect(both[where].fold.groupCount).toBe(40);
    },
  );

  it("costs one own record at most while the peer is away: what the stream still holds goes on counting as held", async () => {
    const both = { mainpc: await start("mainpc"), pc2: await start("pc2") };
    await both.mainpc.push(40);
    await until("the copies", () => both.pc2.fold.groupCount === 40);
    await Promise.all([stop(both.mainpc), stop(both.pc2)]);
    await nats.mainpc.kill("SIGTERM");
    flip(nats.mainpc, "observability-metrics", 20);
    await nats.mainpc.start();
    both.mainpc = await start("mainpc");
    await until("the word for it", () => both.mainpc.said.join().includes("streams.damaged"));
    expect(both.mainpc.line("mainpc")).toMatchObject({ stored: 39, missing: 1 });
    both.pc2 = await start("pc2");
    await until("all 40", async () => {
      await both.pc2.exchange(both.mainpc);
      await both.mainpc.exchange(both.pc2);
      const line = both.mainpc.line("mainpc");
      return line?.stored === 40 && line.copied === 40 && line.missing === 0;
    });
  });

  it.each([
    ["the last record of the copy", 40, "replay.unreadable"],
    ["the last record of the copy, without a snapshot", 40, "replay.unreadable"],
    ["the copy of the last record before a start of the origin", 20, "streams.damaged"],
    ["the copy of the last record before a start of the origin, without a snapshot", 20, "replay.unreadable"],
  ])("in %s stops no copying, and the record comes back", async (what, i, said) => {
    const both = { mainpc: await start("mainpc"), pc2: await start("pc2") };
    await both.mainpc.push(20);
    await until("the first copies", () => both.pc2.fold.groupCount === 20);
    await stop(both.mainpc);
    both.mainpc = await start("mainpc");
    await both.mainpc.push(20, 21);
    await until("the copies", () => both.pc2.fold.groupCount === 40);
    await stop(both.pc2);
    await nats.pc2.kill("SIGTERM");
    flip(nats.pc2, "observability-metrics-from-mainpc", i);
    if (what.endsWith("without a snapshot")) rmSync(folderOf(nats.pc2, "observability-snapshots"), { recursive: true });
    await nats.pc2.start();
    both.pc2 = await start("pc2");
    await until("the word for it", () => both.pc2.said.join().includes(said));
    await both.mainpc.push(1, 41);
    await until("all 41 on both sides", async () => {
      await both.mainpc.exchange(both.pc2);
      await both.pc2.exchange(both.mainpc);
      const lines = [both.mainpc.line("mainpc"), both.pc2.line("mainpc")];
      return lines.every((line) => line?.stored === 41 && line.copied === 41 && line.missing === 0);
    });
    expect(both.pc2.fold.groupCount).toBe(41);
  });

  it("is said so too when nothing else came behind the last snapshot", async () => {
    const mainpc = await start("mainpc");
    await mainpc.push(39);
    await mainpc.records.snapshots.write();
    await mainpc.push(1, 40);
    sides.splice(0);
    await mainpc.kill();
    await nats.mainpc.kill("SIGTERM");
    flip(nats.mainpc, "observability-metrics", 40);
    await nats.mainpc.start();
    expect((await start("mainpc")).records.damages).toBe(1);
  });

  it("costs nothing of a record that the peer never had, as long as a snapshot knows what it said", async () => {
    const both = { mainpc: await start("mainpc"), pc2: await start("pc2") };
    await stop(both.pc2);
    await both.mainpc.push(40);
    await stop(both.mainpc);
    await nats.mainpc.kill("SIGTERM");
    flip(nats.mainpc, "observability-metrics", 20);
    await nats.mainpc.start();
    both.mainpc = await start("mainpc");
    both.pc2 = await start("pc2");
    await until("all 40 on both sides", async () => {
      await both.mainpc.exchange(both.pc2);
      await both.pc2.exchange(both.mainpc);
      const lines = [both.mainpc.line("mainpc"), both.pc2.line("mainpc")];
      const isWhole = lines.every((line) => line?.stored === 40 && line.copied === 40 && line.missing === 0);
      return isWhole && both.pc2.fold.groupCount === 40;
    });
  });

  it("cuts off the end of the own stream while records are taken back from the peer, and is said so all the same", async () => {
    const both = { mainpc: await start("mainpc"), pc2: await start("pc2") };
    await both.mainpc.push(40);
    await until("the copies", () => both.pc2.fold.groupCount === 40);
    await stop(both.pc2);
    await nats.pc2.kill("SIGTERM");
    // What cannot be read makes the reading long.
    flip(nats.pc2, "observability-metrics-from-mainpc", 40);
    await nats.pc2.start();
    await until("the leaf", () => both.mainpc.reaches("pc2"));
    const beat = { v: 1 as const, machine: "pc2", incarnation: "i", counter: 1, wallMs: 0, lagMs: 0, agents: [] };
    const holdings = { "metrics/mainpc": { count: 41, holes: 0 } };
    both.mainpc.records.heardPeer({ ...beat, copied: {}, holdings });
    await until("the refill", () => {
      void both.mainpc.refill();
      return both.mainpc.said.join().includes("records.lost");
    });
    await nats.mainpc.kill();
    flip(nats.mainpc, "observability-metrics", 20);
    await nats.mainpc.start();
    await until("the word for it", () => both.mainpc.said.join().includes("streams.end_lost"));
  });

  it("is found behind a snapshot although NATS was away while it was looked for", async () => {
    const mainpc = await start("mainpc");
    await mainpc.push(40);
    await stop(mainpc);
    await nats.mainpc.kill("SIGTERM");
    flip(nats.mainpc, "observability-metrics", 20);
    await nats.mainpc.start();
    const again = await start("mainpc");
    await nats.mainpc.kill("SIGTERM");
    await nats.mainpc.start();
    await until("the word for it", () => again.said.join().includes("streams.damaged"));
    expect(again.said.join()).toContain("streams.unscrubbed");
  });

  it("at the end of the own stream does not keep the hub from looking at its streams when NATS was away again", async () => {
    const mainpc = await start("mainpc");
    await mainpc.push(40);
    await stop(mainpc);
    await nats.mainpc.kill("SIGTERM");
    flip(nats.mainpc, "observability-metrics", 40);
    await nats.mainpc.start();
    const again = await start("mainpc");
    await nats.mainpc.kill("SIGTERM");
    // What it was looking at just then it does not see.
    const before = again.said.length;
    await nats.mainpc.start();
    await until("its look", () => again.said.slice(before).join().includes("streams.checked"));
    expect(again.line("mainpc")).toMatchObject({ stored: 39 });
  });

  it("at the end of the own stream keeps nothing in the spool", async () => {
    const path = mkdtempSync(join(tmpdir(), "tandem-spool-"));
    const input = { spool: { path } };
    const mainpc = await start("mainpc", input);
    await mainpc.push(40);
    await nats.mainpc.kill("SIGTERM");
    const push = { kind: "push", op: "put", group: [["job", "spooled"]] as [string, string][], body: "x 1\n" } as const;
    await until("the spool", async () => (await mainpc.records.append("metrics", { ...push })).kind === "spooled");
    await stop(mainpc);
    flip(nats.mainpc, "observability-metrics", 40);
    await nats.mainpc.start();
    const again = await start("mainpc", input);
    await until("an empty spool", () => again.records.spooled() === 0);
    await stop(again);
    rmSync(path, { recursive: true });
  });
});
