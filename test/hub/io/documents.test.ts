/** Two hubs' documents on two real nats-servers with a leaf between them, through what happens to either. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Document, maxValueBytes, readStored, storedText } from "../../../hub/core/document.ts";
import { maxWallMs } from "../../../hub/core/hlc.ts";
import { bucketName, bucketStream, ensureBucket, placeOf, subjectOf } from "../../../hub/io/document-bucket.ts";
import { DocumentSide, type Machine } from "../../support/document-side.ts";
import { fault } from "../../support/fault.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { until } from "../../support/until.ts";

let nats: NatsPair;
const sides: DocumentSide[] = [];

const begin = async (machine: Machine) => {
  const side = await DocumentSide.start(machine, nats);
  sides.push(side);
  return side;
};
const beginBoth = () => Promise.all([begin("mainpc"), begin("pc2")]);

/** What a bucket holds by key. */
async function stored(machine: Machine): Promise<Record<string, unknown>> {
  const nc = await nats[machine].connect();
  try {
    const jsm = await nc.jetstreamManager({ checkAPI: false });
    const stream = bucketStream(machine);
    const { state } = await jsm.streams.info(stream, { subjects_filter: ">" });
    const found: Record<string, unknown> = {};
    for (const subject of Object.keys(state.subjects ?? {})) {
      const entry = readStored((await jsm.streams.getMessage(stream, { last_by_subj: subject })).string());
      if (typeof entry === "object") found[entry.key] = entry.value;
    }
    return found;
  } finally {
    await nc.close();
  }
}

const level = async (expected: Record<string, unknown>) => {
  for (const machine of ["mainpc", "pc2"] as const)
    await until(`all in the bucket of ${machine}`, async () => {
      const found = await stored(machine).catch(() => ({}));
      return JSON.stringify(sorted(found)) === JSON.stringify(sorted(expected));
    });
  for (const { values } of sides) expect(values).toEqual(expected);
};
const sorted = (entries: Record<string, unknown>) => Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1));

beforeEach(async () => {
  nats = await startNatsPair();
}, 60_000);

afterEach(async () => {
  await Promise.all(sides.splice(0).map((side) => side.stop()));
  await nats.stop();
});

describe("a place in a bucket", () => {
  it("is told by its subject, and a subject that no hub writes is none", () => {
    const place = { kind: "migration", key: "mainpc/Tutor.Agent-2" };
    expect(placeOf("pc2", subjectOf("pc2", place))).toEqual(place);
    for (const subject of ["migration", "migration.Li4v", "migration.eA.eA", "Upper.eA"])
      expect(placeOf("pc2", `$KV.tandem-documents-pc2.${subject}`), subject).toBeUndefined();
  });
});

describe("documents of a pair", () => {
  it("stand in both buckets when a write says 2 copies, and either hub replaces what the other wrote", async () => {
    const [mainpc, pc2] = await beginBoth();
    const first = await until("2 copies", async () => {
      const outcome = await mainpc.write("mainpc/A", 1);
      return outcome.kind === "stored" && outcome.copies === 2 ? outcome : undefined;
    });
    expect(await stored("pc2")).toEqual({ "mainpc/A": 1 });
    expect(pc2.values).toEqual({ "mainpc/A": 1 });
    expect(await pc2.write("mainpc/A", 2, null)).toMatchObject({ kind: "conflict", present: { value: 1 } });
    expect(await pc2.write("mainpc/A", 2, first.revision)).toMatchObject({ kind: "stored", copies: 2 });
    expect(mainpc.store.valueOf("migration", "mainpc/A")).toBe(2);
    expect(mainpc.store.peerLag).toBe(0);
    await level({ "mainpc/A": 2 });
    const kv = await mainpc.link.nc.jetstream().views.kv(bucketName("mainpc"), { bindOnly: true });
    expect((await kv.get("migration.bWFpbnBjL0E"))?.json()).toMatchObject({ key: "mainpc/A", value: 2, by: "test" });
  });

  it("60 written at once all have 2 copies", async () => {
    const [mainpc] = await beginBoth();
    await mainpc.writeAtLast("warm", 0);
    const keys = Array.from({ length: 60 }, (_, i) => `mainpc/Agent${i}`);
    await until("the peer in sight", () => mainpc.store.peerLag === 0);
    const outcomes = await Promise.all(keys.map((key, i) => mainpc.write(key, { i })));
    expect(outcomes.filter((outcome) => outcome.kind === "stored" && outcome.copies === 2)).toHaveLength(60);
  });

  it("are read back after both hubs have died, by hubs that know nothing", async () => {
    const [mainpc, pc2] = await beginBoth();
    await mainpc.writeAtLast("mainpc/A", { step: 3 });
    await pc2.writeAtLast("pc2/B", { step: 4 });
    await level({ "mainpc/A": { step: 3 }, "pc2/B": { step: 4 } });
    await Promise.all(sides.splice(0).map((side) => side.stop()));
    await beginBoth();
    await level({ "mainpc/A": { step: 3 }, "pc2/B": { step: 4 } });
  });

  it("of two writers that race for one revision on both sides, both hubs and buckets keep the same one", async () => {
    const [mainpc, pc2] = await beginBoth();
    for (let round = 0; round < 10; round++) {
      const key = `race/${round}`;
      const replaces = await mainpc.writeAtLast(key, "before");
      await until("the revision on both sides", () => pc2.values[key] === "before");
      const outcomes = await Promise.all([mainpc.write(key, "mainpc", replaces), pc2.write(key, "pc2", replaces)]);
      expect(outcomes.map(({ kind }) => kind)).toContain("stored");
    }
    await until("both at rest", () => mainpc.store.peerLag === 0 && pc2.store.peerLag === 0);
    expect(mainpc.store.list("migration")).toEqual(pc2.store.list("migration"));
    await level(mainpc.values);
  });

  it("of 20 writes for one revision by a hub and its successor on one machine, 1 is stored and 19 meet a conflict", async () => {
    const [leaving, coming] = [await begin("mainpc"), await begin("mainpc")];
    const replaces = await leaving.writeAtLast("mainpc/A", 0);
    await until("the successor has it", () => coming.values["mainpc/A"] === 0);
    const all = Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? leaving : coming).write("mainpc/A", i + 1, replaces),
    );
    const kinds = (await Promise.all(all)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "stored")).toHaveLength(1);
    expect(kinds.filter((kind) => kind === "conflict")).toHaveLength(19);
    await until("both hold the same", () => leaving.values["mainpc/A"] === coming.values["mainpc/A"]);
    expect(await stored("mainpc")).toEqual(coming.values);
  });
});

describe("what a pair of documents lives through", () => {
  it("the peer's NATS is away: writes have 1 copy at once, and 2 when it is back with what was written", async () => {
    const [mainpc] = await beginBoth();
    await mainpc.writeAtLast("mainpc/A", 1);
    await nats.pc2.kill();
    await until("1 copy", async () => {
      const outcome = await mainpc.write("mainpc/A", 2);
      return outcome.kind === "stored" && outcome.copies === 1;
    });
    const sinceMs = performance.now();
    for (let i = 0; i < 10; i++)
      expect(await mainpc.write(`mainpc/B${i}`, i)).toMatchObject({ kind: "stored", copies: 1 });
    expect(performance.now() - sinceMs).toBeLessThan(1_000);
    expect(mainpc.store.peerLag).toBeGreaterThanOrEqual(10);
    await nats.pc2.start();
    await until("all at the peer", () => mainpc.store.peerLag === 0);
    expect(await mainpc.write("mainpc/A", 3)).toMatchObject({ kind: "stored", copies: 2 });
    await level(mainpc.values);
  }, 60_000);

  it("the leaf is cut: both sides take writes with 1 copy, and are level again after it, the later write of each key standing", async ({
    task,
  }) => {
    const [mainpc, pc2] = await beginBoth();
    await mainpc.writeAtLast("both", "before");
    await level({ both: "before" });
    nats.leaf.cut();
    for (let i = 0; i < 5; i++) {
      await mainpc.writeAtLast(`mainpc/${i}`, i);
      await pc2.writeAtLast(`pc2/${i}`, i);
    }
    expect(await mainpc.write("both", "earlier")).toMatchObject({ kind: "stored", copies: 1 });
    expect(await pc2.write("both", "later")).toMatchObject({ kind: "stored", copies: 1 });
    expect(mainpc.values).toMatchObject({ both: "earlier" });
    await nats.leaf.open();
    await until("11 here", () => mainpc.store.count === 11 && mainpc.values.both === "later");
    await level(mainpc.values);
    await level(pc2.values);
    await until("both at rest", () => mainpc.store.peerLag === 0 && pc2.store.peerLag === 0);
    fault(task, "leaf-cut", { written: mainpc.store.count, behind: mainpc.store.peerLag + pc2.store.peerLag });
  }, 60_000);

  it("the peer's NATS stands still and goes on: what was written meanwhile comes to stand there", async ({ task }) => {
    const [mainpc] = await beginBoth();
    await mainpc.writeAtLast("A", 1);
    nats.pc2.freeze();
    await until("1 copy", async () => {
      const outcome = await mainpc.write("A", 2);
      return outcome.kind === "stored" && outcome.copies === 1;
    });
    nats.pc2.thaw();
    await level({ A: 2 });
    expect(
      await until("2 copies", async () => {
        const outcome = await mainpc.write("A", 3);
        return outcome.kind === "stored" && outcome.copies === 2;
      }),
    ).toBe(true);
    fault(task, "nats-frozen", { behind: mainpc.store.peerLag });
  }, 60_000);

  it("its own NATS is away: it tells what it holds, refuses a write with what to do, and takes it when NATS is back", async () => {
    const [mainpc] = await beginBoth();
    await mainpc.writeAtLast("mainpc/A", 1);
    await nats.mainpc.kill();
    await until("the cut", () => !mainpc.link.connected);
    const sinceMs = performance.now();
    expect(await mainpc.write("mainpc/A", 2)).toMatchObject({ kind: "refused", why: "away" });
    expect(performance.now() - sinceMs).toBeLessThan(500);
    expect(mainpc.store.valueOf("migration", "mainpc/A")).toBe(1);
    await nats.mainpc.start();
    await mainpc.writeAtLast("mainpc/A", 3);
    await level({ "mainpc/A": 3 });
  }, 60_000);

  it("its NATS loses its disk: the bucket is made anew and filled from memory, and what the peer wrote meanwhile comes too", async () => {
    const [mainpc, pc2] = await beginBoth();
    for (let i = 0; i < 30; i++) await mainpc.writeAtLast(`mainpc/A${i}`, i);
    await until("all at the peer", () => mainpc.store.peerLag === 0);
    await nats.mainpc.loseDisk();
    await pc2.writeAtLast("mainpc/A0", "meanwhile");
    await nats.mainpc.start();
    await until("30 in memory", () => mainpc.values["mainpc/A0"] === "meanwhile");
    await level(pc2.values);
    expect(Object.keys(await stored("mainpc"))).toHaveLength(30);
    expect(mainpc.said.join("\n")).toContain("documents.lost");
    await mainpc.writeAtLast("mainpc/A1", "after");
    await level({ ...pc2.values, "mainpc/A1": "after" });
  }, 60_000);

  it("hub and disk of a machine are lost together: its next hub holds the peer's documents before it answers", async () => {
    const [mainpc, pc2] = await beginBoth();
    for (let i = 0; i < 10; i++) await mainpc.writeAtLast(`mainpc/A${i}`, i);
    await until("all at the peer", () => mainpc.store.peerLag === 0);
    sides.splice(sides.indexOf(mainpc), 1);
    await mainpc.stop();
    await nats.mainpc.loseDisk();
    await nats.mainpc.start();
    const next = await begin("mainpc");
    expect(next.values).toEqual(pc2.values);
    expect(await next.write("mainpc/A0", "again", null)).toMatchObject({ kind: "conflict" });
    await level(pc2.values);
  }, 60_000);

  it("a hub that starts while the peer is away answers from its own bucket after 3 s, and is level when the peer is back", async () => {
    const [mainpc, pc2] = await beginBoth();
    await mainpc.writeAtLast("mainpc/A", 1);
    await level({ "mainpc/A": 1 });
    await Promise.all(sides.splice(0).map((side) => side.stop()));
    await nats.pc2.kill();
    const alone = await begin("mainpc");
    expect(alone.values).toEqual({ "mainpc/A": 1 });
    expect(await alone.write("mainpc/A", 2)).toMatchObject({ kind: "stored", copies: 1 });
    await nats.pc2.start();
    await begin("pc2");
    await level({ "mainpc/A": 2 });
    expect(pc2.values).toEqual({ "mainpc/A": 1 });
  }, 60_000);

  it("an entry that is damaged, and one of a later hub, are passed over; the first is filled again, the second left alone", async () => {
    const [mainpc, pc2] = await beginBoth();
    await pc2.writeAtLast("A", 1);
    await level({ A: 1 });
    const nc = await nats.mainpc.connect();
    const subject = (key: string) => subjectOf("mainpc", { kind: "migration", key });
    await nc.jetstream().publish(subject("A"), "{");
    await nc.jetstream().publish(subject("B"), JSON.stringify({ v: 2 }));
    await until("A again", async () => (await stored("mainpc").catch(() => ({ A: 0 }))).A === 1);
    expect(mainpc.values).toEqual({ A: 1 });
    expect(await mainpc.write("B", 1)).toMatchObject({
      kind: "refused",
      reason: expect.stringContaining("later version"),
    });
    await pc2.writeAtLast("B", 2);
    await until("B in memory", () => mainpc.values.B === 2);
    const jsm = await nc.jetstreamManager();
    const last = await jsm.streams.getMessage("KV_tandem-documents-mainpc", { last_by_subj: subject("B") });
    expect(last.json()).toEqual({ v: 2 });
    await nc.close();
  });

  it("the peer's hub is away but its NATS is not: one write waits 1 s for the copy, the next ones do not", async () => {
    const mainpc = await begin("mainpc");
    const there = await nats.pc2.connect();
    await ensureBucket(await there.jetstreamManager(), "pc2");
    await there.close();
    await until("the peer's bucket in sight", async () => {
      const sinceMs = performance.now();
      await mainpc.writeAtLast("mainpc/A", 1);
      return performance.now() - sinceMs > 900;
    });
    const sinceMs = performance.now();
    for (let i = 0; i < 5; i++) expect(await mainpc.write("mainpc/B", i)).toMatchObject({ copies: 1 });
    expect(performance.now() - sinceMs).toBeLessThan(900);
  });
});

describe("documents of a peer that keeps to no limit", () => {
  it("are passed over when they are larger than any, or stamped at the end of all stamps, and the others are taken", async () => {
    const mainpc = await begin("mainpc");
    const nc = await nats.pc2.connect();
    await ensureBucket(await nc.jetstreamManager({ checkAPI: false }), "pc2");
    const put = async (key: string, value: unknown, at = { wallMs: Date.now(), counter: 0 }) => {
      const document: Document = { kind: "migration", key, at, machine: "pc2", by: "test", value };
      await nc.jetstream().publish(subjectOf("pc2", document), storedText(document));
    };
    await put("pc2/Long", "x".repeat(maxValueBytes));
    await put("pc2/Longest", "x".repeat(200_000));
    await put("pc2/Late", 1, { wallMs: maxWallMs, counter: 2 ** 40 });
    await put("pc2/Honest", 1);
    await until("the honest one", () => mainpc.values["pc2/Honest"]);
    expect([mainpc.values, mainpc.refused.of("document")]).toEqual([{ "pc2/Honest": 1 }, 2]);
    expect(mainpc.said.filter((line) => line.includes("documents.inadmissible"))).toHaveLength(2);

    expect(await mainpc.write("mainpc/Own", 1)).toMatchObject({ kind: "stored" });
    const own = mainpc.store.get("migration", "mainpc/Own");
    expect(own === undefined ? undefined : typeof readStored(storedText(own))).toBe("object");
    await nc.close();
  });
});
