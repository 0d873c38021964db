import { describe, expect, it } from "vitest";
import { Account } from "../../../hub/core/account.ts";
import {
  maxIncarnations,
  maxRanges,
  SnapshotGate,
  whyInadmissible,
  whyLineInadmissible,
} from "../../../hub/core/admission.ts";
import { aheadLimitMs, Hlc, isAhead, maxWallMs, nextHlc, stampAfter } from "../../../hub/core/hlc.ts";
import { type Batch, nextIncarnation } from "../../../hub/core/record.ts";
import type { SnapshotLine } from "../../../hub/core/snapshot.ts";

const nowMs = 1_800_000_000_000;
const incarnation = nextIncarnation(nowMs, "00000a");
const batch = (change: Partial<Batch> = {}, wallMs = nowMs): Batch => {
  const push = { kind: "push" as const, op: "put" as const, at: { wallMs, counter: 0 }, body: "a 1\n" };
  return { v: 1, origin: "pc2", incarnation, firstSeq: 1, records: [{ ...push, group: [["job", "j"]] }], ...change };
};

describe("the hybrid clock at its ends", () => {
  it("stamps after the last counter with the next millisecond, so that the stamp can be read back", () => {
    const next = nextHlc({ wallMs: nowMs + 5, counter: 2 ** 40 }, nowMs);
    expect([next, Hlc.safeParse(next).success]).toEqual([{ wallMs: nowMs + 6, counter: 0 }, true]);
  });

  it("begins anew when it is more than a day ahead, and follows what is a day ahead or less", () => {
    const [dayAhead, more] = [aheadLimitMs, aheadLimitMs + 1].map((ms) => ({ wallMs: nowMs + ms, counter: 7 }));
    if (dayAhead === undefined || more === undefined) throw new Error("two were made");
    expect([isAhead(dayAhead, nowMs), isAhead(more, nowMs)]).toEqual([false, true]);
    expect(stampAfter(dayAhead, nowMs)).toEqual({ ...dayAhead, counter: 8 });
    expect(stampAfter(more, nowMs)).toEqual({ wallMs: nowMs, counter: 0 });
    expect(stampAfter({ wallMs: maxWallMs, counter: 2 ** 40 }, nowMs)).toEqual({ wallMs: nowMs, counter: 0 });
  });
});

describe("records of the other machine", () => {
  it("may come in up to a day ahead, whichever of their stamps it is", () => {
    const account = new Account();
    expect(whyInadmissible(batch({}, nowMs + aheadLimitMs), account, nowMs)).toBeUndefined();
    expect(whyInadmissible(batch({}, nowMs + aheadLimitMs + 1), account, nowMs)).toBe("stamp");
    const later = nextIncarnation(nowMs + 2 * aheadLimitMs, "00000b");
    expect(whyInadmissible(batch({ incarnation: later }), account, nowMs)).toBe("stamp");
    const [push] = batch().records;
    if (push?.kind !== "push") throw new Error("it is a push");
    const upTo = { at: { wallMs: maxWallMs, counter: 0 }, machine: "pc2" };
    expect(whyInadmissible(batch({ records: [{ ...push, upTo }] }), account, nowMs)).toBe("stamp");
  });

  it("bear the name of an incarnation as hubs give them", () => {
    for (const name of ["", "0Infinity-0000aa", "zzzzzzzzzz-0000aa", `${incarnation} `, "i"])
      expect(whyInadmissible(batch({ incarnation: name }), new Account(), nowMs)).toBe("incarnation");
  });

  it("are of 20,000 starts at most, and leave 10,000 holes at most", () => {
    expect([maxIncarnations, maxRanges]).toEqual([20_000, 10_000]);
    const starts = new Account();
    for (let i = 0; i < maxIncarnations; i++) starts.hold(nextIncarnation(nowMs - i, "00000c"), 1, 1);
    expect(whyInadmissible(batch(), starts, nowMs)).toBe("incarnation");
    expect(whyInadmissible(batch({ incarnation: nextIncarnation(nowMs, "00000c"), firstSeq: 2 }), starts, nowMs)).toBe(
      undefined,
    );
    const holes = new Account();
    // Each of them makes a run of its own; in order, so that none has to be moved.
    for (let i = 0; i <= maxRanges; i++) holes.hold(incarnation, 1 + 2 * i, 1);
    expect(whyInadmissible(batch({ firstSeq: 2 * maxRanges + 3 }), holes, nowMs)).toBe("incarnation");
    expect(whyInadmissible(batch({ firstSeq: 2 * maxRanges + 2 }), holes, nowMs)).toBeUndefined();
  });

  it("are judged line by line in a snapshot", () => {
    const why = (line: Parameters<typeof whyLineInadmissible>[0]) =>
      whyLineInadmissible(line, ["mainpc", "pc2"], nowMs);
    const ahead = { at: { wallMs: maxWallMs, counter: 0 }, machine: "pc2" };
    const account = { stream: "metrics" as const, duplicates: 0 };
    expect([
      why({ is: "group", group: [["job", "j"]], families: [] }),
      why({ is: "group", group: [["job", "j"]], deleted: ahead, families: [] }),
      why({ is: "account", origin: "pc2", ...account, held: [[incarnation, [[1, 9]]]] }),
      why({ is: "account", origin: "elsewhere", ...account, held: [] }),
      why({ is: "noted", origin: "pc2", ...account, held: [["zzzzzzzzzzzz", [[1, 9]]]] }),
      why({ is: "unnumbered", origin: "elsewhere", count: 1 }),
    ]).toEqual([undefined, "stamp", undefined, "ledger", "incarnation", "ledger"]);
  });
});

describe("a family in a snapshot of the other machine", () => {
  const why = (change: object) => {
    const stamp = { at: { wallMs: nowMs, counter: 0 }, machine: "pc2" };
    const text = 'a{instance="",job="j"} 1\na{instance="",job="j",x="1"} 2\n';
    const family = { name: "a", type: "gauge" as const, help: "what it is", text, series: 2, stamp, ...change };
    return whyLineInadmissible({ is: "group", group: [["job", "j"]], families: [family] }, ["mainpc", "pc2"], nowMs);
  };

  it("comes in as a hub writes it, also without a series", () => {
    expect(why({})).toBeUndefined();
    expect(why({ help: undefined, type: "untyped" })).toBeUndefined();
    expect(why({ text: "", series: 0 })).toBeUndefined();
  });

  it.each([
    ["no lines of metrics", { text: "<script>\n" }],
    ["a line that does not end", { text: 'a{job="j"} 1', series: 1 }],
    ["other lines than it counts", { series: 3 }],
    ["nothing where it counts a line", { text: "", series: 1 }],
    ["lines of another family", { text: 'b{job="j"} 1\n', series: 1 }],
    ["a name of the hub's own", { name: "tandem_hubs", text: 'tandem_hubs{job="j"} 1\n', series: 1 }],
  ])("is refused with %s", (_, change) => {
    expect(why(change)).toBe("snapshot");
  });
});

describe("a snapshot of the other machine", () => {
  const runs = (count: number, from = 1) =>
    Array.from({ length: count }, (_, i): [number, number] => [from + 2 * i, from + 2 * i]);
  const client = (name: string, numbers: [number, number][], origin = "pc2"): SnapshotLine => {
    const recent = [{ seq: 1, digest: 1, origin }];
    return { is: "client", client: name, numbers, lowest: 1, duplicates: 0, writtenOff: 0, recent };
  };
  const noted = (of: string, numbers: [number, number][], is: "noted" | "account" = "noted"): SnapshotLine => {
    return { is, stream: "metrics", origin: "pc2", held: [[of, numbers]], duplicates: 0 };
  };
  const gate = (known = new Account()) => new SnapshotGate(["mainpc", "pc2"], () => known);

  it("has 512 runs of a client at most, of pushes that a hub of the pair took", () => {
    expect(gate().why(client("a", runs(512)), nowMs)).toBeUndefined();
    expect(gate().why(client("a", runs(513)), nowMs)).toBe("snapshot");
    expect(gate().why(client("a", runs(1), "elsewhere"), nowMs)).toBe("ledger");
  });

  it("has 10,000 clients and 200,000 holes of them at most", () => {
    const many = gate();
    for (let i = 0; i < 10_000; i++) expect(many.why(client(`c${i}`, runs(1)), nowMs)).toBeUndefined();
    expect(many.why(client("one-more", runs(1)), nowMs)).toBe("snapshot");
    const holed = gate();
    const whys = Array.from({ length: 1_000 }, (_, i) => holed.why(client(`c${i}`, runs(501)), nowMs));
    expect([whys.indexOf("snapshot"), whys.lastIndexOf(undefined)]).toEqual([400, 399]);
  });

  it("has one line about what it holds of a stream, one of a clock, and one of a machine's unnumbered pushes", () => {
    const lines: SnapshotLine[] = [
      noted(incarnation, [[1, 1]]),
      noted(incarnation, [[1, 1]], "account"),
      { is: "clock", now: { wallMs: 1, counter: 0 } },
      { is: "unnumbered", origin: "pc2", count: 1 },
    ];
    const one = gate();
    expect(lines.map((line) => one.why(line, nowMs))).toEqual(lines.map(() => undefined));
    expect(lines.map((line) => one.why(line, nowMs))).toEqual(lines.map(() => "snapshot"));
  });

  it("adds no hole to an account beyond 10,000, and no start beyond 20,000", () => {
    const known = Account.of({ held: [[incarnation, runs(6_000)]], duplicates: 0 });
    const other = nextIncarnation(nowMs, "00000b");
    expect(gate(known).why(noted(other, runs(4_000)), nowMs)).toBeUndefined();
    expect(gate(known).why(noted(other, runs(6_000)), nowMs)).toBe("incarnation");
    expect(gate(known).why(noted(incarnation, runs(6_000)), nowMs)).toBeUndefined();
    const starts = new Account();
    for (let i = 0; i < maxIncarnations; i++) starts.hold(nextIncarnation(nowMs - i, "00000c"), 1, 1);
    expect(gate(starts).why(noted(nextIncarnation(nowMs, "00000c"), [[1, 9]]), nowMs)).toBeUndefined();
    expect(gate(starts).why(noted(other, [[1, 9]]), nowMs)).toBe("incarnation");
  });
});
