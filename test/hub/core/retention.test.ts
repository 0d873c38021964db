import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { purgeTarget, type RetentionView, usefulMarks, withMark } from "../../../hub/core/retention.ts";
import type { PurgeMark } from "../../../hub/core/snapshot.ts";

const created = "2026-01-01T00:00:00Z";
const markAt = (n: number): PurgeMark => ({
  position: { incarnation: "i1", seq: n },
  count: n,
  created,
  streamSeq: n,
  atMs: n * 1_000,
});
const marks = [10, 20, 30, 40].map(markAt);
const view: RetentionView = {
  nowMs: 50_000,
  created,
  maxAgeMs: 25_000,
  fill: { bytes: 100, maxBytes: 1_000, messages: 50, firstSeq: 1, lastSeq: 50 },
  peer: { position: { incarnation: "i1", seq: 45 }, count: 45, digest: "d" },
  heldUpTo: ({ seq }) => ({ count: seq, digest: "d" }),
};

describe("what of a stream may go", () => {
  it("is what is older than its age, up to the newest snapshot of that time", () => {
    expect(purgeTarget(marks, view)?.streamSeq).toBe(20);
  });

  it.each([
    ["nothing is old enough", { maxAgeMs: 60_000 }],
    ["the peer said of no snapshot", { peer: undefined }],
    ["the peer's snapshot ends before", { peer: { position: { incarnation: "i1", seq: 9 }, count: 9, digest: "d" } }],
    ["the peer counts otherwise", { peer: { position: { incarnation: "i1", seq: 45 }, count: 44, digest: "d" } }],
    ["the peer holds others", { peer: { position: { incarnation: "i1", seq: 45 }, count: 45, digest: "e" } }],
    ["the stream is another one of the same name", { created: "2026-02-02T00:00:00Z" }],
    ["it is gone already", { fill: { ...view.fill, firstSeq: 21, messages: 30 } }],
  ])("is nothing when %s", (_, change) => {
    expect(purgeTarget(marks, { ...view, ...change })).toBeUndefined();
  });

  it("is more than what is old when the stream is nearly full, down to three fifths of its limit", () => {
    const fill = { ...view.fill, bytes: 900, maxBytes: 1_000 };
    expect(purgeTarget(marks, { ...view, maxAgeMs: 60_000, fill })?.streamSeq).toBe(10);
    const fuller = { ...view.fill, bytes: 1_000, maxBytes: 1_000, messages: 80, lastSeq: 80 };
    expect(purgeTarget(marks, { ...view, maxAgeMs: 60_000, fill: fuller })?.streamSeq).toBe(30);
  });

  it("is the least that a snapshot allows when the stream is nearly full and all snapshots are young", () => {
    const fill = { ...view.fill, bytes: 900, maxBytes: 1_000 };
    expect(purgeTarget(marks.slice(3), { ...view, maxAgeMs: 60_000, fill })?.streamSeq).toBe(40);
  });

  it("leaves the last message", () => {
    const fill = { ...view.fill, firstSeq: 40, lastSeq: 40, messages: 1 };
    expect(purgeTarget(marks, { ...view, maxAgeMs: 0, fill })).toBeUndefined();
  });
});

describe("the places that are remembered", () => {
  it("are few, keep the newest, and reach back as far as records may live", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 500 }), (steps) => {
        const maxAgeMs = 96_000;
        let kept: PurgeMark[] = [];
        let n = 0;
        for (const step of steps) {
          n += step;
          kept = withMark(kept, { ...markAt(n), atMs: n }, maxAgeMs);
        }
        expect(kept.length).toBeLessThanOrEqual(96);
        expect(kept.at(-1)?.streamSeq).toBe(n);
        expect(kept[0]?.atMs ?? 0).toBeLessThanOrEqual(Math.max(n - maxAgeMs, steps[0] ?? 0));
      }),
    );
  });

  it("let a stream that fills within three minutes never be full, with a snapshot every 5 s on both machines", () => {
    const limit = 180;
    let fill = { bytes: 0, maxBytes: limit, messages: 0, firstSeq: 1, lastSeq: 0 };
    let kept: PurgeMark[] = [];
    for (let n = 5; n <= 3_600; n += 5) {
      fill = { ...fill, lastSeq: n, messages: n - fill.firstSeq + 1, bytes: n - fill.firstSeq + 1 };
      expect(fill.bytes, `after ${n} s`).toBeLessThan(limit);
      kept = usefulMarks(withMark(kept, markAt(n), 86_400_000), fill);
      const peer = { position: { incarnation: "i1", seq: n - 10 }, count: n - 10, digest: "d" };
      const target = purgeTarget(kept, { ...view, nowMs: n * 1_000, maxAgeMs: 86_400_000, fill, peer });
      if (target !== undefined) fill = { ...fill, firstSeq: target.streamSeq + 1 };
    }
    expect(fill.firstSeq).toBeGreaterThan(3_400);
  });

  it("let a stream that never fills go in steps of its age, however unevenly its records come", () => {
    const maxAgeMs = 96_000;
    let kept: PurgeMark[] = [];
    for (let second = 1; second <= 96; second++) {
      const streamSeq = second < 90 ? second : 90 + (second - 90) * 1_000;
      kept = withMark(kept, { ...markAt(streamSeq), atMs: second * 1_000 }, maxAgeMs);
    }
    for (let i = 1; i < kept.length; i++)
      expect((kept[i]?.atMs ?? 0) - (kept[i - 1]?.atMs ?? 0)).toBeLessThanOrEqual(2_000);
  });

  it("are forgotten with the stream that they were in", () => {
    const other = { ...markAt(3), created: "2026-02-02T00:00:00Z" };
    expect(withMark(marks, other, 1_000)).toEqual([other]);
  });
});
