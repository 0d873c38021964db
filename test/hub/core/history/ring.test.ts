import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCell, writeCell } from "../../../../hub/core/history/agent-cells.ts";
import { HistoryRing, keptMinutes, type MinuteRow } from "../../../../hub/core/history/ring.ts";
import { nothingKnown, type Sample } from "../../../../hub/core/history/series.ts";
import { agentSeriesOf, seriesOf, stepsOf } from "../../../../hub/core/history/view.ts";

const now = 29_000_000;
const ids = ["mainpc/A", "pc2/B"];

function row(minute: number, sample: Partial<Sample> = {}, latencyMs: number | null = null, ill = 0): MinuteRow {
  const agents = new Uint8Array(ids.length * 3).fill(255);
  writeCell(agents, 0, { latencyMs, ill });
  return { minute, sample: { ...nothingKnown(), ...sample }, agents };
}

describe("the cells of an agent", () => {
  it("hold a latency to 0.1 ms up to 6.5 s and a share to 0.5 %, and that nothing is known", () => {
    const cells = new Uint8Array(9);
    writeCell(cells, 0, { latencyMs: 12.34, ill: 0.123 });
    writeCell(cells, 1, { latencyMs: 99_999, ill: 1 });
    writeCell(cells, 2, { latencyMs: null, ill: null });
    expect([0, 1, 2, 3].map((i) => readCell(cells, i))).toEqual([
      { latencyMs: 12.3, ill: 0.125 },
      { latencyMs: 6_553.4, ill: 1 },
      { latencyMs: null, ill: null },
      { latencyMs: null, ill: null },
    ]);
  });
});

describe("the history", () => {
  it("joins minutes to steps: the mean of pushes, the greatest lag, the least buffer, the last number of series", () => {
    const ring = new HistoryRing(ids);
    ring.record(row(now - 2, { pushes: 2, lag: 9, buffer: 5, series: 10, unhealthy: 1 }, 4, 1));
    ring.record(row(now - 1, { pushes: 4, lag: 3, buffer: 7, series: 12, unhealthy: 0 }, 6, 0));
    const steps = stepsOf(4, 2, now);
    expect(steps).toEqual({ from: now - 4, step: 2, count: 2 });
    expect(seriesOf(ring, steps)).toEqual({
      pushes: [null, 3],
      uncopied: [null, null],
      lag: [null, 9],
      unhealthy: [null, 1],
      degraded: [null, null],
      series: [null, 12],
      buffer: [null, 5],
    });
    expect(agentSeriesOf(ring, 0, steps)).toEqual({ latencyMs: [null, 5], ill: [null, 0.5] });
    expect(agentSeriesOf(ring, 1, steps)).toEqual({ latencyMs: [null, null], ill: [null, null] });
  });

  it("begins each step at a whole multiple of it, whatever the minute is", () => {
    for (let minute = now; minute < now + 15; minute++) {
      const { from, step, count } = stepsOf(60, 15, minute);
      expect([from % 15, count]).toEqual([0, 4]);
      expect(from + step * count).toBeGreaterThanOrEqual(minute);
      expect(from + step * count).toBeLessThan(minute + 15);
    }
  });

  it("joins what it saw of a minute before and after a restart", () => {
    const ring = new HistoryRing(ids);
    ring.record(row(now, { pushes: 2, lag: 900 }, 4, 1));
    ring.record(row(now, { pushes: 4, lag: 3, series: 5 }, 8, 0));
    expect(ring.row(now)?.sample).toMatchObject({ pushes: 3, lag: 900, series: 5 });
    expect(ring.agentAt(now, 0)).toEqual({ latencyMs: 6, ill: 0.5 });
  });

  it("takes from the peer what it did not see itself, and of that only what is of the pair", () => {
    const ring = new HistoryRing(ids);
    ring.record(row(now, { pushes: 2 }));
    ring.fill(row(now, { pushes: 99 }));
    ring.fill(row(now - 1, { pushes: 5, lag: 7, uncopied: 3, buffer: 1, series: 4 }, 3));
    expect(ring.valueAt(now, "pushes")).toBe(2);
    expect(ring.row(now - 1)?.sample).toEqual({ ...nothingKnown(), pushes: 5, series: 4 });
    expect(ring.agentAt(now - 1, 0).latencyMs).toBe(3);
  });

  it("names its gaps, none longer than 120 minutes, and not those that the peer knows nothing of either", () => {
    const ring = new HistoryRing(ids);
    for (let ago = 0; ago < keptMinutes; ago++) if (ago < 10 || ago >= 160) ring.record(row(now - ago));
    expect(ring.gaps(now, 120)).toEqual([
      { from: now - 129, minutes: 120 },
      { from: now - 159, minutes: 30 },
    ]);
    for (let ago = 130; ago < 160; ago++) ring.giveUp(now - ago);
    expect(ring.gaps(now, 120)).toEqual([{ from: now - 129, minutes: 120 }]);
    expect(ring.row(now - 140)).toBeUndefined();
  });

  it("has a gap where the clock jumped 5 hours ahead, and keeps what was before", () => {
    const ring = new HistoryRing(ids);
    ring.record(row(now, { series: 1 }));
    ring.record(row(now + 300, { series: 2 }));
    const { series } = seriesOf(ring, stepsOf(1_440, 1, now + 301));
    expect(series.filter((value) => value !== null)).toEqual([1, 2]);
    expect(ring.gaps(now + 300, 120).map(({ minutes }) => minutes)).toContain(59);
  });

  it("shows no minute that is yet to come after the clock was set back, and no loss once it is reached again", () => {
    const ring = new HistoryRing(ids);
    ring.record(row(now + 180, { series: 7 }));
    ring.record(row(now, { series: 1 }));
    expect(seriesOf(ring, stepsOf(1_440, 1, now + 1)).series.filter((value) => value !== null)).toEqual([1]);
    expect(ring.valueAt(now + 180, "series")).toBe(7);
  });

  it("forgets a minute with the one that comes 25 hours later", () => {
    const ring = new HistoryRing(ids);
    ring.record(row(now, { series: 1 }));
    ring.record(row(now + keptMinutes, { series: 2 }));
    expect([ring.row(now), ring.valueAt(now + keptMinutes, "series")]).toEqual([undefined, 2]);
  });

  it("holds of any minutes, seen here or told by the peer in whatever order, what a naive book of them does", () => {
    const event = fc.record({
      minute: fc.integer({ min: now - 1_400, max: now }),
      series: fc.integer({ min: 1, max: 9 }),
      by: fc.constantFrom("own" as const, "peer" as const, "vain" as const),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const ring = new HistoryRing(ids);
        const own = new Map<number, number>();
        const peer = new Map<number, number>();
        for (const { minute, series, by } of events) {
          if (by === "own") ring.record(row(minute, { series }));
          if (by === "own") own.set(minute, series);
          if (by === "peer") ring.fill(row(minute, { series }));
          if (by === "peer") peer.set(minute, series);
          if (by === "vain") ring.giveUp(minute);
        }
        for (const { minute } of events)
          expect(ring.valueAt(minute, "series")).toBe(own.get(minute) ?? peer.get(minute) ?? null);
        const open = ring.gaps(now, 120).reduce((sum, { minutes }) => sum + minutes, 0);
        expect(open).toBe(keptMinutes - 1 - new Set(events.map(({ minute }) => minute)).size);
      }),
      { numRuns: 50 },
    );
  });
});
