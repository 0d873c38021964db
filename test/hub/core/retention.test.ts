import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { purgeTarget, type RetentionView, withMark } from "../../../hub/core/retention.ts";
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
        expect(kept.length).toBeLessThanOrEqual(192);
        expect(kept.at(-1)?.streamSeq).toBe(n);
        expect(kept[0]?.atMs ?? 0).toBeLessThanOrEqual(Math.max(n - maxAgeMs, steps[0] ?? 0));
      }),
    );
  });

  it("are forgotten with the stream that they were in", () => {
    const other = { ...markAt(3), created: "2026-02-02T00:00:00Z" };
    expect(withMark(marks, other, 1_000)).toEqual([other]);
  });
});
