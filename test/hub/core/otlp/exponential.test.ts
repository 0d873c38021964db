import fc from "fast-check";
import { expect, it } from "vitest";
import { explicitBuckets } from "../../../../hub/core/otlp/exponential.ts";
import type { ExponentialPoint } from "../../../../hub/core/otlp/model.ts";

const none = { offset: 0, counts: [] };
const empty: ExponentialPoint = {
  attributes: [],
  timeNanos: 0,
  flags: 0,
  count: 0,
  sum: 0,
  scale: 0,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: none,
  negative: none,
};

/** As an SDK of that scale counts. */
function counted(values: readonly number[], scale: number): ExponentialPoint {
  const indexOf = (value: number) => Math.ceil(Math.log2(Math.abs(value)) * 2 ** scale) - 1;
  const bucketsOf = (some: number[]) => {
    if (some.length === 0) return none;
    const indices = some.map(indexOf);
    const offset = Math.min(...indices);
    const counts = Array.from({ length: Math.max(...indices) - offset + 1 }, () => 0);
    for (const index of indices) counts[index - offset] = (counts[index - offset] ?? 0) + 1;
    return { offset, counts };
  };
  return {
    ...empty,
    scale,
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    zeroCount: values.filter((value) => value === 0).length,
    positive: bucketsOf(values.filter((value) => value > 0)),
    negative: bucketsOf(values.filter((value) => value < 0)),
  };
}

it("values of 1, 3 and 4 at scale 0 stand below 2, 4 and 4, from where they begin", () => {
  expect(explicitBuckets(counted([1, 3, 4], 0))).toEqual({
    points: [0, 0, 0.5, 0, 1, 1, 2, 1, 4, 3],
    sum: 8,
    count: 3,
  });
});

it("what is negative or zero stands below its bounds too", () => {
  expect(explicitBuckets(counted([-3, -1, 0, 0, 1], 0))).toEqual({
    points: [-2, 1, -1, 1, -0.5, 2, 0, 4, 0.5, 4, 1, 5],
    sum: -3,
    count: 5,
  });
});

it("however fine an SDK counts, bounds are a quarter of a doubling apart and each value lies below the right one", () => {
  const value = fc.oneof(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.constant(0));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 7 }), (values, scale) => {
      const made = explicitBuckets(counted(values, scale));
      if (typeof made === "string") expect.unreachable(made);
      const { points, count } = made;
      expect(count).toBe(values.length);
      const width = 2 ** (2 ** -Math.min(scale, 2));
      for (let i = 0; i < points.length; i += 2) {
        const [bound = 0, below = 0] = points.slice(i);
        if (i > 0) expect(bound).toBeGreaterThan(points[i - 2] ?? 0);
        if (i > 2) expect(bound / (points[i - 2] ?? 0)).toBeCloseTo(width, 6);
        // A value right on a bound may be counted to either side by the logarithm of the test.
        const near = values.filter((each) => Math.abs(each - bound) <= bound * 1e-9).length;
        expect(Math.abs(below - values.filter((each) => each <= bound).length)).toBeLessThanOrEqual(near);
      }
    }),
    { numRuns: 200 },
  );
});

it("a scale that becomes coarser leaves every bound that both have where it was", () => {
  const values = [0.001, 0.5, 0.7, 3, 900];
  const bounds = (scale: number) => {
    const made = explicitBuckets(counted(values, scale));
    return typeof made === "string" ? [] : made.points.filter((_, i) => i % 2 === 0);
  };
  expect(bounds(5)).toEqual(bounds(2));
  expect(bounds(7)).toEqual(bounds(2));
  expect(bounds(2).length).toBeGreaterThan(70);
});

it.each([
  ["a scale of 21; -10 to 20 is known", { scale: 21 }],
  ["a scale of -2147483648; -10 to 20 is known", { scale: -(2 ** 31) }],
  ["a zero threshold of NaN", { zeroThreshold: Number.NaN }],
  ["buckets of 3 values in all, and a count of 4", { positive: { offset: 0, counts: [1, 2] }, count: 4 }],
])("%s is refused", (reason, change) => {
  expect(explicitBuckets({ ...empty, ...change })).toBe(reason);
});

it("indices far beyond what a double holds become no bounds, and their values count all the same", () => {
  const made = explicitBuckets({ ...empty, positive: { offset: 2 ** 31 - 1, counts: [1, 2, 3] }, count: 6 });
  expect(made).toEqual({ points: [0, 0], sum: 0, count: 6 });
  const small = explicitBuckets({ ...empty, negative: { offset: -(2 ** 31), counts: [1, 2, 3] }, count: 6 });
  expect(small).toEqual({ points: [-0, 6], sum: 0, count: 6 });
});
