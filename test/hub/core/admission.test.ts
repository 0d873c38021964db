import { describe, expect, it } from "vitest";
import { Account } from "../../../hub/core/account.ts";
import { maxIncarnations, maxRanges, whyInadmissible, whyLineInadmissible } from "../../../hub/core/admission.ts";
import { aheadLimitMs, Hlc, isAhead, maxWallMs, nextHlc, stampAfter } from "../../../hub/core/hlc.ts";
import { type Batch, nextIncarnation } from "../../../hub/core/record.ts";

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

  it(`are of ${maxIncarnations} starts at most, and leave ${maxRanges} holes at most`, () => {
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
