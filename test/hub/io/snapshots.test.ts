import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HubConfigInput } from "../../../hub/config.ts";
import { encodeBatch } from "../../../hub/core/batch-codec.ts";
import { recordSubject } from "../../../hub/io/streams.ts";
import { fault } from "../../support/fault.ts";
import { type NatsPair, type NatsServer, startNatsPair } from "../../support/nats-pair.ts";
import { type Machine, RecordsSide } from "../../support/records-side.ts";
import { until } from "../../support/until.ts";

const own = "observability-metrics";
const copy = "observability-metrics-from-mainpc";
/** Records may go as soon as both machines have a snapshot of them. */
const shortLived: Partial<HubConfigInput> = { retentionMs: { metrics: 1, health: 1, alerts: 1 } };

/** Flips one bit where this text stands last in the files of a stream. */
function flip(server: NatsServer, stream: string, text: string): void {
  const folder = join(server.storeFolder, "jetstream", "$G", "streams", stream, "msgs");
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".blk"))) {
    const bytes = readFileSync(join(folder, name));
    const at = bytes.lastIndexOf(text);
    if (at < 0) continue;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(join(folder, name), bytes);
  }
}

describe("two machines that write snapshots", () => {
  let nats: NatsPair;
  let both: Record<Machine, RecordsSide>;
  let heartbeats: NodeJS.Timeout;

  const start = async (machine: Machine, input: Partial<HubConfigInput> = {}) => {
    both[machine] = await RecordsSide.start(machine, nats, input);
  };
  const replayed = (machine: Machine): number => {
    const line = both[machine].said.find((each) => each.includes('"records.replayed"'));
    return JSON.parse(line ?? "{}").records;
  };
  const snapshots = async () => {
    await both.mainpc.records.snapshots.write();
    await both.pc2.records.snapshots.write();
  };
  const agree = () =>
    until("both sides to hold everything", () => {
      const lines = [both.mainpc, both.pc2].flatMap((side) => [side.line("mainpc"), side.line("pc2")]);
      const same = JSON.stringify(both.mainpc.fold.state()) === JSON.stringify(both.pc2.fold.state());
      return same && lines.every((line) => line?.missing === 0 && line.copied === line.stored);
    });
  /** Both have purged their own metrics down to the last message, and their copies. */
  const purged = () =>
    until("the purge", async () => {
      const left = [both.mainpc.messages(own), both.pc2.messages(copy)];
      return (await Promise.all(left)).every((messages) => messages === 1);
    });

  beforeEach(async () => {
    nats = await startNatsPair();
    both = {} as typeof both;
    heartbeats = setInterval(() => {
      const { mainpc, pc2 } = both;
      if (mainpc === undefined || pc2 === undefined) return;
      mainpc.exchange(pc2).catch(() => {});
      pc2.exchange(mainpc).catch(() => {});
    }, 50);
  });

  afterEach(async () => {
    clearInterval(heartbeats);
    await Promise.all([both.mainpc?.stop(), both.pc2?.stop()]);
    await nats.stop();
  });

  it("a start after a clean stop reads no record again, and stands where it stood", async () => {
    await Promise.all([start("mainpc"), start("pc2")]);
    await both.mainpc.push(50);
    await both.pc2.push(30);
    await agree();
    const before = { state: both.mainpc.fold.state(), lines: both.mainpc.records.ledgerEntries() };
    await both.mainpc.stop();
    await start("mainpc");
    expect(replayed("mainpc")).toBe(0);
    expect(both.mainpc.fold.state()).toEqual(before.state);
    await agree();
    expect(both.mainpc.records.ledgerEntries()).toEqual(before.lines);
    expect(both.mainpc.records.clients.unnumbered()).toEqual({ mainpc: 50, pc2: 30 });
  });

  it("a start after SIGKILL reads what came behind the last snapshot, and notes none of it twice", async () => {
    await Promise.all([start("mainpc"), start("pc2")]);
    await both.mainpc.push(50);
    await agree();
    await both.mainpc.records.snapshots.write();
    await both.mainpc.push(7, 51);
    await agree();
    await both.mainpc.kill();
    await start("mainpc");
    expect(replayed("mainpc")).toBe(7);
    await agree();
    expect(both.mainpc.line("mainpc")).toMatchObject({ stored: 57, duplicates: 0 });
    expect(both.mainpc.records.clients.unnumbered()).toEqual({ mainpc: 57 });
  });

  it("what a start had to read is in the next snapshot, although nothing new has come", async () => {
    await start("mainpc");
    await both.mainpc.push(5);
    await both.mainpc.records.snapshots.write();
    await both.mainpc.push(7, 6);
    await both.mainpc.kill();
    await start("mainpc");
    expect(replayed("mainpc")).toBe(7);
    await both.mainpc.stop();
    await start("mainpc");
    expect(replayed("mainpc")).toBe(0);
  });

  it("records that the peer had not copied are still told from those that it had, after a start from a snapshot", async () => {
    await start("mainpc");
    await both.mainpc.push(5);
    await both.mainpc.stop();
    await start("mainpc");
    expect(both.mainpc.records.uncopied.records).toBe(5);
    await start("pc2");
    await agree();
    expect(both.mainpc.records.uncopied.records).toBe(0);
  });

  it("a damaged snapshot is passed over for the one before it", async ({ task }) => {
    await Promise.all([start("mainpc"), start("pc2")]);
    await both.mainpc.push(10);
    await agree();
    await both.mainpc.records.snapshots.write();
    await both.mainpc.push(5, 11);
    await agree();
    await both.mainpc.stop();
    await nats.mainpc.kill("SIGTERM");
    flip(nats.mainpc, "observability-snapshots", "mainpc-15");
    await nats.mainpc.start();
    await start("mainpc");
    expect(both.mainpc.said.join()).toContain("snapshot.unreadable");
    expect(replayed("mainpc")).toBe(5);
    await agree();
    expect(both.mainpc.fold.groupCount).toBe(15);
    fault(task, "snapshot-damaged", { records: both.mainpc.fold.groupCount, readAgain: replayed("mainpc") });
  });

  it("what both have in a snapshot is purged, and no one misses it, before and after a start", async () => {
    await Promise.all([start("mainpc", shortLived), start("pc2", shortLived)]);
    await both.mainpc.push(40);
    await agree();
    await snapshots();
    await purged();
    expect(both.mainpc.line("mainpc")).toMatchObject({ stored: 40, copied: 40, missing: 0 });
    for (const machine of ["mainpc", "pc2"] as const) {
      await both[machine].kill();
      await start(machine, shortLived);
      expect(both[machine].fold.groupCount).toBe(40);
      await agree();
    }
  });

  it("a record that both have lost stays missing, and the others are purged all the same", async () => {
    await Promise.all([start("mainpc", shortLived), start("pc2", shortLived)]);
    await both.mainpc.push(5);
    await agree();
    // What a hub leaves that died with records in its spool, the first of which its disk did not give back.
    const push = { kind: "push", at: { wallMs: 1, counter: 0 }, op: "put", body: "x 1\n" } as const;
    const records = [{ ...push, group: [["job", "late"]] as [string, string][] }];
    const left = encodeBatch({ v: 1, origin: "mainpc", incarnation: "000000000-00000a", firstSeq: 2, records });
    await both.mainpc.kill();
    const nc = await nats.mainpc.connect();
    await nc.jetstream().publish(recordSubject("metrics", "mainpc"), left);
    await nc.close();
    await start("mainpc", shortLived);
    await until("the copy", () => both.pc2.fold.groupCount === 6);
    await snapshots();
    await purged();
    expect(both.mainpc.line("mainpc")).toMatchObject({ stored: 6, missing: 2 });
    expect(both.pc2.fold.state()).toEqual(both.mainpc.fold.state());
  });

  it("nothing is purged while the peer has no snapshot of it", async () => {
    await Promise.all([start("mainpc", shortLived), start("pc2", shortLived)]);
    await both.mainpc.push(10);
    await agree();
    await both.mainpc.records.snapshots.write();
    await both.mainpc.push(1, 11);
    // More than twice as long as it takes until it is decided what goes; what is decided goes with a snapshot.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await both.mainpc.records.snapshots.write();
    expect(await both.mainpc.messages(own)).toBe(11);
    // It was the peer's snapshot that was missing, and nothing else.
    await snapshots();
    await purged();
  });

  it.each(["mainpc", "pc2"] as const)(
    "%s gets everything back when its disk is new, the purged records' effect too",
    async (machine) => {
      await Promise.all([start("mainpc", shortLived), start("pc2", shortLived)]);
      const client = { name: "a", seq: 1 };
      const numbered = { kind: "push", op: "put", group: [["job", "numbered"]], body: "x 1\n", client } as const;
      await both.mainpc.records.append("metrics", { ...numbered, group: [["job", "numbered"]] });
      await both.mainpc.push(39);
      await agree();
      await snapshots();
      await purged();
      await both.mainpc.push(5, 40);
      await both.pc2.push(5);
      await agree();
      const before = both.mainpc.fold.state();

      await both[machine].kill();
      await nats[machine].loseDisk();
      await nats[machine].start();
      await start(machine, shortLived);
      await agree();
      expect(both[machine].fold.state()).toEqual(before);
      expect(both[machine].line("mainpc")).toMatchObject({ stored: 45, copied: 45, missing: 0 });
      const known = both[machine].records.clients.standing({ ...numbered, group: [["job", "numbered"]] });
      expect(known).toEqual({ kind: "replayed", origin: "mainpc" });
      await both[machine].records.snapshots.write();
      await both[machine].kill();
      await start(machine, shortLived);
      await agree();
      expect(both[machine].fold.state()).toEqual(before);
    },
  );

  it("a disk that is lost under a living hub costs nothing that was purged before", async () => {
    await Promise.all([start("mainpc", shortLived), start("pc2", shortLived)]);
    await both.mainpc.push(20);
    await agree();
    await snapshots();
    await purged();
    await nats.mainpc.loseDisk();
    await nats.mainpc.start();
    await until("the streams to be made anew", () => both.mainpc.said.join().includes("streams.lost"));
    await both.mainpc.push(3, 21);
    await agree();
    expect(both.mainpc.line("mainpc")).toMatchObject({ stored: 23, copied: 23, missing: 0 });
    await both.mainpc.kill();
    await start("mainpc", shortLived);
    await agree();
    expect(both.mainpc.fold.groupCount).toBe(23);
  });

  it("both machines get new disks one after the other, and nothing is lost that was purged before", async () => {
    await Promise.all([start("mainpc", shortLived), start("pc2", shortLived)]);
    await both.mainpc.push(40);
    await agree();
    await snapshots();
    await purged();
    await both.mainpc.push(5, 41);
    await both.pc2.push(5);
    await agree();
    const before = both.mainpc.fold.state();
    for (const machine of ["mainpc", "pc2", "mainpc"] as const) {
      await both[machine].kill();
      await nats[machine].loseDisk();
      await nats[machine].start();
      await start(machine, shortLived);
      await agree();
    }
    for (const machine of ["pc2", "mainpc"] as const) {
      await both[machine].kill();
      await start(machine, shortLived);
      await agree();
      expect(both[machine].fold.state()).toEqual(before);
    }
  });

  it("records that the peer had not copied survive the disk of a NATS whose hub lives on, and reach the peer", async () => {
    await Promise.all([start("mainpc"), start("pc2")]);
    await both.mainpc.push(5);
    await agree();
    await both.pc2.stop();
    await nats.pc2.kill();
    await both.mainpc.push(10, 6);
    await nats.mainpc.loseDisk();
    await nats.mainpc.start();
    await until("the streams to be made anew", () => both.mainpc.said.join().includes("streams.lost"));
    await both.mainpc.push(2, 16);
    await nats.pc2.start();
    await start("pc2");
    await agree();
    expect([both.mainpc.fold.groupCount, both.pc2.fold.groupCount]).toEqual([17, 17]);
    expect(both.pc2.line("mainpc")).toMatchObject({ stored: 17, missing: 0 });
    await both.mainpc.stop();
    await start("mainpc");
    await agree();
  });

  describe("a start that is long at its first stream", () => {
    let side: RecordsSide;
    let reading: Promise<void>;

    /** Stands still where the only own message behind the snapshot cannot be read; the peer's copy is not yet begun. */
    beforeEach(async () => {
      await Promise.all([start("mainpc", shortLived), start("pc2", shortLived)]);
      await both.pc2.push(40);
      await both.mainpc.push(5);
      await agree();
      await snapshots();
      await until("the purge on both sides", async () => {
        const left = [both.pc2.messages(own), both.mainpc.messages("observability-metrics-from-pc2")];
        return (await Promise.all(left)).every((messages) => messages === 1);
      });
      await both.mainpc.push(1, 6);
      await agree();
      const mainpc = both.mainpc;
      await mainpc.kill();
      await nats.mainpc.kill("SIGTERM");
      flip(nats.mainpc, own, "marked 6");
      await nats.mainpc.start();
      await until("the leaf", () => both.pc2.reaches("mainpc"));
      side = await RecordsSide.open("mainpc", nats, shortLived);
      both.mainpc = side;
      reading = side.readBack();
      await until("own records", () => side.line("mainpc")?.stored === 5);
    });

    it("takes nothing from the peer of what it is about to read itself", async () => {
      await both.pc2.exchange(side);
      await reading;
      expect(side.said.join()).not.toContain("snapshot.adopted");
      await agree();
    });

    it("and is stopped there leaves the snapshot that tells what was purged", async () => {
      clearInterval(heartbeats);
      await Promise.all([side.stop(), reading.catch(() => {})]);
      await both.pc2.kill();
      await nats.pc2.kill();
      await start("mainpc", shortLived);
      expect(both.mainpc.line("pc2")).toMatchObject({ stored: 40, missing: 0 });
      await nats.pc2.start();
      await start("pc2", shortLived);
    });
  });
});
