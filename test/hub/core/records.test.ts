import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HealthReport, HeartbeatFilter } from "../../../hub/core/heartbeat.ts";
import { compareHlc, type Hlc, hlcZero, mergeHlc, nextHlc } from "../../../hub/core/hlc.ts";
import { Ledger } from "../../../hub/core/ledger.ts";
import { comparePosition, nextIncarnation, RecordBody } from "../../../hub/core/record.ts";
import { SeqSet } from "../../../hub/core/seq-set.ts";
import { maxPending, Watermark } from "../../../hub/core/watermark.ts";

describe("the hybrid clock", () => {
  it("never stamps a write before one it has issued or seen, also when wall time jumps back", () => {
    const step = fc.record({ wallMs: fc.nat(1_000), seen: fc.option(fc.nat(1_000)) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let clock: Hlc = hlcZero;
        for (const { wallMs, seen } of steps) {
          const before = seen === null ? clock : mergeHlc(clock, { wallMs: seen, counter: 3 });
          clock = nextHlc(before, wallMs);
          expect(compareHlc(clock, before)).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe("a set of sequences", () => {
  it("counts like a plain set, whatever ranges come in whatever order", () => {
    const range = fc.record({ first: fc.integer({ min: 1, max: 60 }), count: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(fc.array(range), (ranges) => {
        const set = new SeqSet();
        const plain = new Set<number>();
        for (const { first, count } of ranges) {
          const before = plain.size;
          for (let seq = first; seq < first + count; seq++) plain.add(seq);
          expect(set.add(first, count)).toBe(plain.size - before);
        }
        const highest = Math.max(0, ...plain);
        expect([set.count, set.highest, set.holes]).toEqual([plain.size, highest, highest - plain.size]);
        for (let seq = 1; seq <= highest + 1; seq++) expect(set.has(seq)).toBe(plain.has(seq));
      }),
    );
  });
});

describe("what one set of sequences holds and another does not", () => {
  it("is what plain sets say", () => {
    const ranges = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 8 })));
    fc.assert(
      fc.property(ranges, ranges, (mine, others) => {
        const [one, other] = [mine, others].map((each) =>
          SeqSet.of(each.map(([first, count]): [number, number] => [first, first + count - 1])),
        );
        if (one === undefined || other === undefined) throw new Error("two were made");
        const left = one.without(other);
        for (let seq = 1; seq <= 70; seq++) {
          const isLeft = left.some(([first, last]) => first <= seq && seq <= last);
          expect(isLeft).toBe(one.has(seq) && !other.has(seq));
        }
        expect(left.every(([first, last]) => first <= last)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is found in one pass through 300,000 ranges of each, where each with each would take minutes", () => {
    const every = (from: number) => {
      const set = new SeqSet();
      for (let i = 0; i < 300_000; i++) set.add(from + 4 * i, 2);
      return set;
    };
    expect(every(1).without(every(2)).length).toBe(300_000);
  });
});

describe("an incarnation", () => {
  it("sorts after the last one, also when the clock went back an hour", () => {
    const last = nextIncarnation(1_800_000_000_000, "aaaaaa");
    expect(nextIncarnation(1_800_000_000_000 - 3_600_000, "000000", last) > last).toBe(true);
    expect(comparePosition({ incarnation: last, seq: 9 }, { incarnation: last, seq: 10 })).toBeLessThan(0);
  });
});

describe("the filter of heartbeats", () => {
  it("takes each counter once and none of an incarnation that was replaced", () => {
    const filter = new HeartbeatFilter();
    const news = (incarnation: string, counter: number) => filter.isNews({ incarnation, counter }, 0);
    expect([news("b", 1), news("b", 1), news("b", 2), news("b", 1)]).toEqual([true, false, true, false]);
    expect([news("a", 1), news("b", 3), news("a", 2)]).toEqual([true, false, true]);
  });

  it("takes a replaced incarnation back when the one after it has said nothing for 1,000 ms", () => {
    const filter = new HeartbeatFilter();
    const news = (incarnation: string, counter: number, atMs: number) => filter.isNews({ incarnation, counter }, atMs);
    expect([news("b", 1, 0), news("stray", 1, 100), news("b", 2, 200), news("b", 3, 1_100)]).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});

describe("what comes from the peer", () => {
  const push = { kind: "push", at: hlcZero, op: "put", group: [["job", "a"]], body: "m 1\n" };
  const report = { id: "pc2/A", health: "healthy", sinceWallMs: 1, observedAgoMs: 0, latencyMs: 1, reason: "" };

  it.each([
    ["a label's name with a blank", { group: [["job", "a"], ["bad name", "b"]] }], // biome-ignore format: one group
    ["half of a surrogate pair", { group: [["job", "\ud800"]] }],
    ["a group that does not begin with its job", { group: [["instance", "a"]] }],
    ["a stamp after which none can be written", { at: { wallMs: 1, counter: Number.MAX_SAFE_INTEGER } }],
    ["a time that no calendar has", { at: { wallMs: Number.MAX_SAFE_INTEGER, counter: 0 } }],
  ])("is no record with %s", (_, change) => {
    expect(RecordBody.safeParse(push).success).toBe(true);
    expect(RecordBody.safeParse({ ...push, ...change }).success).toBe(false);
  });

  it.each([{ sinceWallMs: -1e300 }, { observedAgoMs: 1e300 }, { latencyMs: -1 }, { reason: "a".repeat(1_001) }])(
    "is no report of health with %o",
    (change) => {
      expect(HealthReport.safeParse(report).success).toBe(true);
      expect(HealthReport.safeParse({ ...report, ...change }).success).toBe(false);
    },
  );
});

describe("a group of 200,000 labels", () => {
  it("is judged in one pass, with one of its names twice or none", () => {
    const group = ["job", ...Array.from({ length: 200_000 }, (_, i) => `l${i}`)].map((name) => [name, ""]);
    const push = { kind: "push", at: hlcZero, op: "put", group, body: "m 1\n" };
    expect(RecordBody.safeParse(push).success).toBe(true);
    expect(RecordBody.safeParse({ ...push, group: [...group, ["l7", ""]] }).success).toBe(false);
  });
});

describe("the ledger", () => {
  const line = (ledger: Ledger, origin: string, uncopied = 0) =>
    ledger.entries(() => uncopied).find((entry) => entry.origin === origin && entry.stream === "metrics");

  it("counts 10 stored, 7 copied and 3 pending while the peer copies, and nothing missing", () => {
    const ledger = new Ledger("mainpc", "pc2");
    expect(ledger.hold("metrics", "mainpc", "i1", 1, 10)).toBe(10);
    ledger.heardHoldings({ "metrics/mainpc": { count: 7, holes: 0 } });
    expect(line(ledger, "mainpc")).toMatchObject({ stored: 10, copied: 7, pending: 3, missing: 0, duplicates: 0 });
  });

  it("does not take 2 records for pending that the peer has confirmed since it last told its holdings", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "mainpc", "i1", 1, 10);
    ledger.heardHoldings({ "metrics/mainpc": { count: 10, holes: 0 } });
    ledger.hold("metrics", "mainpc", "i1", 11, 2);
    expect(line(ledger, "mainpc", 2)).toMatchObject({ stored: 12, copied: 10, pending: 2 });
    expect(line(ledger, "mainpc", 0)).toMatchObject({ stored: 12, copied: 12, pending: 0 });
  });

  it("names the stream of which the peer holds 7 records after it held 10", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "mainpc", "i1", 1, 10);
    expect(ledger.heardHoldings({ "metrics/mainpc": { count: 10, holes: 0 } })).toEqual([]);
    expect(ledger.heardHoldings({ "metrics/mainpc": { count: 7, holes: 0 } })).toEqual(["metrics"]);
  });

  it("has a peer that lost its copies copy anew until it holds what there was then, under a load too", () => {
    const ledger = new Ledger("mainpc", "pc2");
    const copies = (count: number) => {
      ledger.hold("metrics", "mainpc", "i1", ledger.account("metrics", "mainpc").count + 1, 10);
      ledger.heardHoldings({ "metrics/mainpc": { count, holes: 0 } });
      return [ledger.isCopiedAnew("metrics"), ledger.isCopiedAnew("health"), ledger.isCopiedAnew()];
    };
    expect([copies(10), copies(20)].flat()).not.toContain(true);
    expect(copies(5)).toEqual([true, false, true]);
    expect(copies(29)).toEqual([true, false, true]);
    expect(copies(30)).toEqual([false, false, false]);
  });

  it("waits for no record of a copy that is lost here, too", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "mainpc", "i1", 1, 10);
    ledger.heardHoldings({ "metrics/mainpc": { count: 10, holes: 0 } });
    ledger.heardHoldings({ "metrics/mainpc": { count: 4, holes: 0 } });
    ledger.forget("metrics", "mainpc");
    ledger.hold("metrics", "mainpc", "i1", 1, 6);
    ledger.heardHoldings({ "metrics/mainpc": { count: 5, holes: 0 } });
    expect(ledger.isCopiedAnew()).toBe(true);
    ledger.heardHoldings({ "metrics/mainpc": { count: 6, holes: 0 } });
    expect(ledger.isCopiedAnew()).toBe(false);
  });

  it("knows when the peer holds the very same: not by their number alone", () => {
    const [one, other] = [new Ledger("mainpc", "pc2"), new Ledger("pc2", "mainpc")];
    const isSame = () => {
      one.heardHoldings(other.holdings());
      return one.isSameThere("metrics");
    };
    one.hold("metrics", "mainpc", "i1", 1, 3);
    expect(isSame()).toBe(false);
    other.hold("metrics", "mainpc", "i2", 1, 3);
    expect(isSame()).toBe(false);
    one.hold("metrics", "mainpc", "i2", 1, 3);
    other.hold("metrics", "mainpc", "i1", 1, 3);
    expect(isSame()).toBe(true);
  });

  it("has lost nothing that the peer copied while it was still being stored here, but what goes beyond that", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "mainpc", "i1", 1, 10);
    const heard = (count: number) =>
      ledger.heardHoldings({ "metrics/mainpc": { count, holes: 0 } }, (stream) => (stream === "metrics" ? 9 : 0));
    heard(19);
    expect([ledger.lostHere("metrics"), line(ledger, "mainpc")?.missing]).toEqual([0, 0]);
    heard(22);
    expect([ledger.lostHere("metrics"), line(ledger, "mainpc")?.missing]).toEqual([3, 3]);
    ledger.hold("metrics", "mainpc", "i1", 11, 9);
    expect(line(ledger, "mainpc")?.missing).toBe(3);
    ledger.hold("metrics", "mainpc", "i1", 20, 3);
    expect(line(ledger, "mainpc")?.missing).toBe(0);
  });

  it("has lost what has gone since the peer was heard last, though it is heard no more", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "mainpc", "i1", 1, 10);
    ledger.heardHoldings({ "metrics/mainpc": { count: 10, holes: 0 } }, () => 4);
    ledger.forget("metrics", "mainpc");
    expect(line(ledger, "mainpc")?.missing).toBe(10);
    ledger.hold("metrics", "mainpc", "i1", 1, 7);
    expect(line(ledger, "mainpc")?.missing).toBe(3);
  });

  it("lacks record 5 of 10 when its own store gives all but that one back, though the peer holds no more than 9", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "mainpc", "i1", 1, 4);
    ledger.hold("metrics", "mainpc", "i1", 6, 5);
    ledger.heardHoldings({ "metrics/mainpc": { count: 9, holes: 0 } });
    expect(ledger.lostHere("metrics")).toBe(1);
  });

  it("counts what the peer has lost with its disk as pending, although it had confirmed it", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "mainpc", "i1", 1, 10);
    ledger.heardHoldings({ "metrics/mainpc": { count: 10, holes: 0 } });
    ledger.heardHoldings({});
    expect(line(ledger, "mainpc")).toMatchObject({ stored: 10, copied: 0, pending: 10, missing: 0 });
  });

  it("counts a sequence that was passed over as missing until it comes", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "pc2", "i1", 1, 3);
    ledger.hold("metrics", "pc2", "i1", 5, 1);
    expect(line(ledger, "pc2")?.missing).toBe(1);
    ledger.hold("metrics", "pc2", "i1", 4, 1);
    expect(line(ledger, "pc2")?.missing).toBe(0);
  });

  it("counts what the peer holds of this machine's records and this machine does not as missing", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "mainpc", "i1", 1, 4);
    ledger.heardHoldings({ "metrics/mainpc": { count: 6, holes: 0 } });
    expect(line(ledger, "mainpc")?.missing).toBe(2);
  });

  it("counts a repeated record as a duplicate and says that it was not new", () => {
    const ledger = new Ledger("mainpc", "pc2");
    ledger.hold("metrics", "pc2", "i1", 1, 3);
    expect(ledger.hold("metrics", "pc2", "i1", 2, 3)).toBe(1);
    expect(line(ledger, "pc2")).toMatchObject({ stored: 4, duplicates: 2 });
    expect(ledger.holds("metrics", "pc2", "i1", 1, 4)).toBe(true);
    expect(ledger.holds("metrics", "pc2", "i1", 1, 5)).toBe(false);
  });
});

describe("the watermark", () => {
  const at = (seq: number, incarnation = "i1") => ({ incarnation, seq });
  const reach = { hubAlive: true, natsHeard: true, spooled: 0, copiesAnew: false };
  const start = { state: "degraded", sinceMs: 0, reason: "not heard" } as const;

  it("is in sync while nothing waits longer than 1,000 ms for its copy, and says what is wrong otherwise", () => {
    const watermark = new Watermark();
    watermark.stored("metrics", at(5), 5, 100);
    expect(watermark.judge(start, reach, 200, 1_000)).toEqual({ state: "in-sync", sinceMs: 200, reason: "" });
    expect(watermark.judge(start, reach, 1_101, 1_000).reason).toBe("the peer lags behind");
    watermark.copied("metrics", at(5));
    expect(watermark.judge(start, reach, 1_101, 1_000).state).toBe("in-sync");
    expect(watermark.judge(start, { ...reach, hubAlive: false }, 1_101, 1_000).reason).toMatch(/hub does not answer/);
    expect(watermark.judge(start, { ...reach, natsHeard: false }, 1_101, 1_000).reason).toMatch(/link .* is cut/);
    expect(watermark.judge(start, { ...reach, spooled: 1 }, 1_101, 1_000).reason).toMatch(/wait in .* spool/);
    expect(watermark.judge(start, { ...reach, copiesAnew: true }, 1_101, 1_000)).toMatchObject({
      state: "degraded",
      reason: "the peer copies anew",
    });
  });

  it("drops what is copied of an earlier incarnation when a later position is told", () => {
    const watermark = new Watermark();
    watermark.stored("metrics", at(9, "i1"), 9, 0);
    watermark.stored("metrics", at(2, "i2"), 2, 1);
    watermark.stored("health", at(1, "i2"), 1, 2);
    watermark.copied("metrics", at(1, "i2"));
    expect(watermark.uncopiedRecords()).toBe(3);
    expect(watermark.oldestStoredAtMs("metrics")).toBe(1);
    watermark.copied("metrics", at(2, "i2"));
    watermark.copied("metrics", at(1, "i2"));
    expect([watermark.uncopiedRecords(), watermark.oldestStoredAtMs("metrics")]).toEqual([1, undefined]);
    expect(watermark.isCopied("metrics", at(2, "i2"))).toBe(true);
    expect(watermark.isCopied("metrics", at(3, "i2"))).toBe(false);
  });

  it("forgets what a peer has confirmed that lost its copy, and waits for nothing of one that holds all there is", () => {
    const watermark = new Watermark();
    watermark.stored("metrics", at(9), 9, 0);
    watermark.copied("metrics", at(9));
    watermark.lost("metrics");
    expect(watermark.isCopied("metrics", at(9))).toBe(false);
    watermark.stored("metrics", at(12, "i2"), 3, 1);
    watermark.stored("health", at(1, "i2"), 1, 1);
    watermark.caughtUp("metrics");
    expect([watermark.uncopiedRecords("metrics"), watermark.uncopiedRecords("health")]).toEqual([0, 1]);
  });

  it("takes an earlier message, as a refill brings it among 20,000 that wait, for copied no sooner than its neighbours", () => {
    const watermark = new Watermark();
    const messages = 20_000;
    for (let seq = 101; seq <= messages; seq++) watermark.stored("metrics", at(seq), 1, seq);
    for (let seq = 1; seq <= 50; seq++)
      for (const one of [messages + seq, seq, 50 + seq]) watermark.stored("metrics", at(one), 1, messages + seq);
    watermark.copied("metrics", at(messages));
    expect(watermark.uncopiedRecords()).toBeGreaterThanOrEqual(150);
    watermark.copied("metrics", at(messages + 50));
    expect(watermark.uncopiedRecords()).toBe(0);
  });

  it("counts 1,000,000 messages of a partition in no more than 16,384 places, none as copied before it is", () => {
    const watermark = new Watermark();
    const messages = 1_000_000;
    for (let seq = 1; seq <= messages; seq++) watermark.stored("metrics", at(seq), 1, seq);
    expect([watermark.uncopiedRecords(), watermark.oldestStoredAtMs()]).toEqual([messages, 1]);
    let before = messages;
    for (let seq = 0; seq <= messages; seq += 997) {
      watermark.copied("metrics", at(seq));
      const uncopied = watermark.uncopiedRecords();
      expect(uncopied).toBeLessThanOrEqual(before);
      expect(uncopied).toBeGreaterThanOrEqual(messages - seq);
      expect(uncopied - (messages - seq)).toBeLessThan((4 * messages) / maxPending);
      before = uncopied;
    }
    watermark.copied("metrics", at(messages));
    expect([watermark.uncopiedRecords(), watermark.oldestStoredAtMs()]).toEqual([0, undefined]);
  });
});
