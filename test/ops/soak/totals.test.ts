import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Totals } from "../../../ops/soak/totals.ts";
import { minuteMs, sliceAt, startMs } from "./slices.ts";

const totalsOf = (...slices: ReturnType<typeof sliceAt>[]) => {
  const totals = new Totals();
  for (const slice of slices) totals.add(slice);
  return totals;
};

describe("the figures of a run", () => {
  it("are those of the worst-off client, of all response times, and of the longest outage", () => {
    const figures = totalsOf(
      sliceAt(0, { streams: { a: { asked: 60, failed: 0 }, b: { asked: 60, failed: 3 } } }, [10, 10, 10]),
      sliceAt(
        1,
        {
          streams: { a: { asked: 60, failed: 0 }, b: { asked: 60, failed: 0 } },
          outages: [{ stream: "b", fromMs: startMs, toMs: startMs + 3_000, open: false }],
        },
        [900],
      ),
    ).figures();
    expect(figures).toMatchObject({ requests: 240, failed: 3, observedMs: 2 * minuteMs, outages: 1 });
    expect(figures.availability).toEqual({ stream: "b", percent: 97.5 });
    expect(figures.all?.count).toBe(4);
    expect(figures.all?.max).toBeGreaterThan(890);
    expect(figures.longestOutage).toMatchObject({ stream: "b", toMs: startMs + 3_000 });
  });

  it("are the same of a run that goes on where another stopped, wherever that was", () => {
    const slices = Array.from({ length: 12 }, (_, i) =>
      sliceAt(i, { streams: { a: { asked: 60, failed: i % 3 } } }, [i + 1, 10 * i + 5]),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), (at) => {
        const again = totalsOf(
          ...slices.slice(0, at).map((slice) => JSON.parse(JSON.stringify(slice)) as typeof slice),
        );
        for (const slice of slices.slice(at)) again.add(slice);
        expect(again.figures()).toEqual(totalsOf(...slices).figures());
      }),
      { numRuns: 13 },
    );
  });

  it("count what was not observed within slices and between them, also where the clock was set back meanwhile", () => {
    const figures = totalsOf(sliceAt(60), sliceAt(61, { observedMs: minuteMs / 2 }), sliceAt(0), sliceAt(2)).figures();
    expect(figures).toMatchObject({ observedMs: 3.5 * minuteMs, notObservedMs: 1.5 * minuteMs });
  });

  it("excuse what came of a slice that a sudden end lost", () => {
    const client = { acknowledged: 10, lost: 0, duplicates: 3, uncertain: 1, unseen: 2 };
    expect(totalsOf(sliceAt(0, { clients: { c: client } })).figures().pushes).toMatchObject({ unexplained: 0 });
  });

  it("of an hour count the pushes of that hour only", () => {
    const first = totalsOf(sliceAt(0), sliceAt(1));
    const second = new Totals(first.clients);
    second.add(sliceAt(2));
    expect(first.figures().pushes.acknowledged).toBe(1_200);
    expect(second.figures().pushes.acknowledged).toBe(600);
  });

  it("excuse as many records stored twice as there were retries whose first try may have been stored", () => {
    const client = { acknowledged: 10, lost: 0, duplicates: 3, uncertain: 2, unseen: 0 };
    expect(totalsOf(sliceAt(0, { clients: { c: client } })).figures().pushes).toMatchObject({
      storedTwice: 3,
      unexplained: 1,
    });
  });

  it("do not call pushes held whose last word was that nobody knew", () => {
    const unknown = { c: { acknowledged: 20, lost: null, duplicates: null, uncertain: 0, unseen: 0 } };
    expect(totalsOf(sliceAt(0), sliceAt(1, { clients: unknown })).figures().pushes.lost).toBeNull();
  });
});
