import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBars } from "../../../../ops/soak/bars.ts";
import { niceTop, svgOf } from "../../../../ops/soak/report/plot.ts";
import { plotsOf } from "../../../../ops/soak/report/plots.ts";
import { sliceAt } from "../slices.ts";

const line = (...values: (number | null)[]) => ({
  name: "p95",
  points: values.map((value, i) => ({ atMs: 1_000 * i, value })),
});

describe("a plot", () => {
  it("breaks its line where nothing was observed", () => {
    const path = /class="line s0" d="([^"]*)"/.exec(
      svgOf({ title: "Times", unit: "ms", series: [line(1, 2, null, 3, 4)] }),
    )?.[1];
    expect(path?.match(/M/g)).toHaveLength(2);
    expect(path?.match(/L/g)).toHaveLength(2);
  });

  it("holds only numbers within its frame, whatever the values are", () => {
    const value = fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constant(null));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 2_000 }), (values) => {
        const svg = svgOf({ title: "Times", unit: "ms", series: [line(...values)], bar: 500 });
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        for (const [, x, y] of svg.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)) {
          expect(Number(x)).toBeGreaterThanOrEqual(0);
          expect(Number(x)).toBeLessThanOrEqual(860);
          expect(Number(y)).toBeGreaterThanOrEqual(0);
          expect(Number(y)).toBeLessThanOrEqual(220);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("keeps the one peak of 10,000 points", () => {
    const peak = svgOf({
      title: "Times",
      unit: "ms",
      series: [line(...Array.from({ length: 10_000 }, (_, i) => (i === 5_005 ? 100 : 1)))],
    });
    expect(peak).toMatch(/[ML][\d.]+ 10\.0/);
  });

  it("is drawn of two weeks of two machines with their gaps: 400,000 points are more than a call takes arguments", () => {
    const points = Array.from({ length: 200_000 }, (_, i) => ({ atMs: 1_000 * i, value: i % 7 }));
    const svg = svgOf({
      title: "Memory",
      unit: "%",
      series: [
        { name: "mainpc", points },
        { name: "pc2", points },
      ],
    });
    expect(svg.match(/class="line/g)).toHaveLength(2);
  });

  it("says that nothing was measured instead of drawing nothing", () => {
    expect(svgOf({ title: "Disk", unit: "%", series: [line(null)] })).toContain("Disk: not measured");
  });

  it("lets no name break out of the page", () => {
    expect(svgOf({ title: "<b>", unit: "ms", series: [{ ...line(1), name: '"><script>' }] })).not.toMatch(
      /<b>|<script>/,
    );
  });

  it("ends at the next round number above its highest value", () => {
    expect([0, 1, 3, 80, 260, 5_001].map(niceTop)).toEqual([1, 1, 5, 100, 500, 10_000]);
  });

  it("ends at 1 above the least number that there is, 5e-324", () => {
    expect(niceTop(5e-324)).toBe(1);
    expect(svgOf({ title: "Times", unit: "ms", series: [line(5e-324)] })).not.toContain("NaN");
  });
});

describe("the plots of a report", () => {
  it("are of response times, failures, memory, processor, disk and descriptors, with a gap where slices are missing", () => {
    const plots = plotsOf([sliceAt(0), sliceAt(1), sliceAt(9)], [], parseBars([]));
    expect(plots).toHaveLength(7);
    expect(plots[0]?.series[1]?.points.map(({ value }) => value === null)).toEqual([false, false, true, false]);
  });
});
