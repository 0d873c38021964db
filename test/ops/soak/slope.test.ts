import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../ops/chaos/random.ts";
import { growthsOf } from "../../../ops/soak/leaks.ts";
import { median, slopeOf } from "../../../ops/soak/slope.ts";
import { sliceAt } from "./slices.ts";

const line = (count: number, value: (i: number) => number, life = 1) =>
  Array.from({ length: count }, (_, i) => ({ atMs: 1_000 * i, value: value(i), life }));

describe("the slope", () => {
  it("of a straight line is the line's, whatever that is", () => {
    const whole = fc.integer({ min: -1_000, max: 1_000 });
    fc.assert(
      fc.property(whole, whole, (rise, from) => {
        expect(slopeOf(line(20, (i) => from + rise * i))?.slope).toBeCloseTo(rise / 1_000, 9);
      }),
    );
  });

  it("does not heed one wild value in twenty", () => {
    expect(slopeOf(line(20, (i) => (i === 7 ? 1e9 : i)))?.slope).toBeCloseTo(0.001, 4);
  });

  it("compares no point of one life with one of another: three lives that rise are a rise", () => {
    const lives = [1, 2, 3].flatMap((life) =>
      line(10, (i) => i, life).map((point) => ({ ...point, atMs: point.atMs + 10_000 * life })),
    );
    expect(slopeOf(lives)?.slope).toBeCloseTo(0.001, 9);
    expect(slopeOf(lives)?.z).toBeGreaterThan(3.3);
  });

  it("of one point, or of none, is not known", () => {
    expect(slopeOf([])).toBeUndefined();
    expect(slopeOf(line(1, () => 1))).toBeUndefined();
  });

  it("of equal values is 0, and no more than chance", () => {
    expect(slopeOf(line(30, () => 5))).toMatchObject({ slope: 0, z: 0, typical: 5 });
  });

  it("of noise passes for a rise in less than one of a hundred seeds", () => {
    const rises = Array.from({ length: 300 }, (_, seed) => {
      const random = seededRandom(seed);
      return slopeOf(line(40, () => random.next()))?.z ?? 0;
    });
    expect(rises.filter((z) => z > 3.3).length).toBeLessThan(3);
  });
});

describe("the median", () => {
  it("lies between the least and the greatest, and half of all are not above it", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe("a leak", () => {
  const slices = (hours: number, rss: (hour: number) => number, life: (hour: number) => number = () => 1) =>
    Array.from({ length: hours * 12 }, (_, i) =>
      sliceAt(5 * i, {
        processes: { "pc2/hub": { life: life(i / 12), cpu: 1, rss: rss(i / 12), fds: 40, heap: null } },
      }),
    );
  const memory = (...given: Parameters<typeof slices>) =>
    growthsOf(slices(...given), 7).find(({ kind }) => kind === "rss");

  it("is 100 MB that grow by 20 MB a day: twice as much within 7 days", () => {
    const growth = memory(48, (hour) => 100e6 + (20e6 / 24) * hour);
    expect(growth).toMatchObject({ process: "pc2/hub", leaks: true });
    expect(growth?.perDay).toBeCloseTo(20e6, -3);
    expect(growth?.doublesInDays).toBeCloseTo(6, 0);
  });

  it("is none that grows by 5 MB a day, nor one that breathes by 30 MB every 4 hours", () => {
    expect(memory(48, (hour) => 100e6 + (5e6 / 24) * hour)).toMatchObject({ leaks: false });
    expect(memory(48, (hour) => 100e6 + 30e6 * Math.sin((hour * Math.PI) / 2))).toMatchObject({ leaks: false });
  });

  it("is none in the 30 minutes in which a process grows into its caches", () => {
    expect(memory(24, (hour) => (hour < 0.5 ? 50e6 + 100e6 * hour : 100e6))).toMatchObject({ leaks: false });
  });

  it("is not judged of lives that are shorter than 6 hours", () => {
    expect(memory(5, (hour) => 100e6 * (1 + hour))).toMatchObject({ leaks: null });
    expect(
      memory(
        24,
        (hour) => 100e6 * (1 + (hour % 3)),
        (hour) => Math.floor(hour / 3),
      ),
    ).toMatchObject({ leaks: null });
  });

  it("is not found in lives of 3 hours, although another life was long enough", () => {
    const rises = memory(
      31,
      (hour) => (hour < 24 ? 100e6 * (1 + (hour % 3)) : 100e6),
      (hour) => (hour < 24 ? Math.floor(hour / 3) : 99),
    );
    expect(rises).toMatchObject({ leaks: false, perDay: 0 });
  });

  it("of descriptors is found as that of memory is", () => {
    const growing = Array.from({ length: 240 }, (_, i) =>
      sliceAt(6 * i, { processes: { "mainpc/nats": { life: 1, cpu: 1, rss: 1e6, fds: 20 + i / 10, heap: null } } }),
    );
    expect(growthsOf(growing, 7).find(({ kind }) => kind === "fds")).toMatchObject({ leaks: true });
  });
});
