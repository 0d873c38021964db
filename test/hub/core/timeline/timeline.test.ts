import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert, Batch } from "../../../../hub/core/record.ts";
import { eventsOf } from "../../../../hub/core/timeline/event.ts";
import { Timeline } from "../../../../hub/core/timeline/timeline.ts";

const alert = (wallMs: number, change: Partial<Alert> = {}): Alert => ({
  kind: "alert",
  at: { wallMs, counter: 0 },
  severity: "urgent",
  name: "hub-lost",
  subject: "pc2",
  message: "the hub of pc2 is dead",
  ...change,
});
const batch = (origin: string, firstSeq: number, ...records: Alert[]): Batch => ({
  v: 1,
  origin,
  incarnation: "i",
  firstSeq,
  records,
});
const all = { limit: Number.POSITIVE_INFINITY };
const fill = (timeline: Timeline, ...batches: Batch[]) => {
  for (const event of batches.flatMap(eventsOf)) timeline.add(event);
  return timeline;
};

describe("what a record tells", () => {
  it("an alert is trouble or to be watched, its end is well, and a note has its kind; each with the id of its record", () => {
    const told = eventsOf(
      batch(
        "mainpc",
        7,
        alert(1),
        alert(2, { name: "witness-silent", severity: "warning" }),
        alert(3, { severity: "resolved" }),
        alert(4, { name: "service-moved", severity: "resolved", subject: "Twin" }),
        alert(5, { name: "link-lost", severity: "resolved" }),
        alert(6, { name: "link-healed", severity: "resolved" }),
      ),
    );
    expect(told.map(({ id, kind, tone }) => `${id} ${kind} ${tone}`)).toEqual([
      "mainpc:i:7 alert trouble",
      "mainpc:i:8 alert watch",
      "mainpc:i:9 resolved well",
      "mainpc:i:10 move note",
      "mainpc:i:11 link watch",
      "mainpc:i:12 link well",
    ]);
  });

  it("records of another kind are not told", () => {
    const change = { machine: "pc2", agent: "A", from: "healthy", to: "unhealthy", reason: "" } as const;
    const health = { kind: "health", at: { wallMs: 1, counter: 0 }, ...change } as const;
    expect(eventsOf({ ...batch("pc2", 1), records: [health] })).toEqual([]);
  });
});

describe("a timeline", () => {
  const arbitraryBatches = fc
    .array(
      fc.record({
        origin: fc.constantFrom("mainpc", "pc2"),
        records: fc.array(fc.record({ wallMs: fc.nat(20), counter: fc.nat(2) }), { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 12 },
    )
    .map((drafts) => {
      const seqs = new Map<string, number>();
      return drafts.map(({ origin, records }) => {
        const firstSeq = seqs.get(origin) ?? 1;
        seqs.set(origin, firstSeq + records.length);
        return batch(origin, firstSeq, ...records.map((at) => alert(at.wallMs, { at })));
      });
    });

  it("is the same at both hubs, in whatever order and however often the batches come, also when 5 of many are kept", () => {
    fc.assert(
      fc.property(
        arbitraryBatches.chain((batches) =>
          fc.tuple(
            fc.constant(batches),
            fc.shuffledSubarray(batches, { minLength: batches.length }),
            fc.subarray(batches),
          ),
        ),
        fc.constantFrom(5, 1_000),
        ([batches, shuffled, again], most) => {
          const one = fill(new Timeline(most), ...batches);
          const other = fill(new Timeline(most), ...again, ...shuffled, ...again);
          expect(other.list(all)).toEqual(one.list(all));
          expect(other.forgotMs).toBe(one.forgotMs);
          const ids = one.list(all).map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.length).toBe(
            Math.min(
              most,
              batches.reduce((sum, { records }) => sum + records.length, 0),
            ),
          );
        },
      ),
    );
  });

  it("tells the newest first, of a span, of some kinds, and at most so many", () => {
    const timeline = fill(new Timeline(), batch("pc2", 1, alert(30), alert(10), alert(20, { severity: "resolved" })));
    const told = (query: object) => timeline.list({ ...all, ...query }).map(({ at }) => at.wallMs);
    expect(told({})).toEqual([30, 20, 10]);
    expect(told({ sinceMs: 20 })).toEqual([30, 20]);
    expect(told({ untilMs: 30 })).toEqual([20, 10]);
    expect(told({ kinds: ["alert"] })).toEqual([30, 10]);
    expect(told({ kinds: ["alert"], limit: 1 })).toEqual([30]);
  });

  it("lets the oldest of 3 go for a 4th, says from when it was, and does not take it again", () => {
    const timeline = fill(new Timeline(3), batch("pc2", 1, alert(10), alert(20), alert(30), alert(40)));
    expect([timeline.list(all).length, timeline.forgotMs]).toEqual([3, 10]);
    const [first] = eventsOf(batch("pc2", 1, alert(10)));
    expect(timeline.add(first ?? expect.unreachable())).toBe(false);
    expect(timeline.list(all).map(({ at }) => at.wallMs)).toEqual([40, 30, 20]);
  });

  describe("of a note that its hub stored twice, as it could not tell whether it had", () => {
    const note = (wallMs: number, change: Partial<Alert> = {}) =>
      alert(wallMs, { severity: "resolved", name: "service-moved", subject: "Twin", message: "to pc2", ...change });
    const stamps = (...batches: Batch[]) =>
      fill(new Timeline(), ...batches)
        .list(all)
        .map(({ at }) => at.wallMs);
    const first = note(1_000);

    it("tells the earlier within 60 s, whichever comes first, and both when they are further apart", () => {
      const [one, other] = [batch("pc2", 1, first), batch("pc2", 2, note(60_999))];
      expect(stamps(one, other)).toEqual([1_000]);
      expect(stamps(other, one)).toEqual([1_000]);
      expect(stamps(one, batch("pc2", 2, note(61_001)))).toEqual([61_001, 1_000]);
    });

    it("says of the second that it is not new", () => {
      const timeline = new Timeline();
      expect(eventsOf(batch("pc2", 1, first, note(2_000))).map((event) => timeline.add(event))).toEqual([true, false]);
    });

    it("knows it by its words, also when the second says besides when it happened", () => {
      expect(stamps(batch("pc2", 1, first, note(4_000, { message: "to pc2, at 00:00:01Z" })))).toEqual([1_000]);
      const late = ["at 00:00:01Z", "at 00:00:31Z"].map((at, i) => note(40_000 + i, { message: `to pc2, ${at}` }));
      expect(stamps(batch("pc2", 1, ...late))).toEqual([40_001, 40_000]);
    });

    it("takes another subject, another name, other words, another hub, another start of it and an alert for something else", () => {
      for (const other of [{ subject: "Other" }, { name: "hub-started" }, { message: "to mainpc" }])
        expect(stamps(batch("pc2", 1, first, note(2_000, other)))).toEqual([2_000, 1_000]);
      expect(stamps(batch("pc2", 1, first), batch("mainpc", 1, note(2_000)))).toEqual([2_000, 1_000]);
      expect(stamps(batch("pc2", 1, first), { ...batch("pc2", 1, note(2_000)), incarnation: "j" })).toHaveLength(2);
      expect(stamps(batch("pc2", 1, alert(1_000), alert(2_000)))).toEqual([2_000, 1_000]);
    });

    it("tells a link that is lost again 20 s later, after it had healed", () => {
      const link = (wallMs: number, name: string) => note(wallMs, { name, message: name });
      const turns = [link(1_000, "link-lost"), link(11_000, "link-healed"), link(21_000, "link-lost")];
      expect(stamps(batch("pc2", 1, ...turns))).toEqual([21_000, 11_000, 1_000]);
    });

    it("is the same at both hubs in whatever order the notes come, also where several follow each other and 5 are kept", () => {
      const arbitraryNotes = fc.array(
        fc.record({ s: fc.nat(200), message: fc.constantFrom("a", "b"), origin: fc.constantFrom("mainpc", "pc2") }),
        { maxLength: 12 },
      );
      const batchesOf = arbitraryNotes.map((drafts) =>
        drafts.map(({ s, message, origin }, i) => batch(origin, i + 1, note(s * 1_000, { message }))),
      );
      fc.assert(
        fc.property(
          batchesOf.chain((batches) =>
            fc.tuple(fc.constant(batches), fc.shuffledSubarray(batches, { minLength: batches.length })),
          ),
          fc.constantFrom(5, 1_000),
          ([batches, shuffled], most) => {
            const one = fill(new Timeline(most), ...batches);
            const other = fill(new Timeline(most), ...shuffled);
            expect(other.list(all)).toEqual(one.list(all));
            expect(other.forgotMs).toBe(one.forgotMs);
          },
        ),
      );
    });
  });
});
