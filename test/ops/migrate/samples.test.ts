import { describe, expect, it } from "vitest";
import { MigrationLimits } from "../../../ops/migrate/limits.ts";
import { baselineOf, breachOf, percentile, type Sample } from "../../../ops/migrate/samples.ts";

const limits = MigrationLimits.parse({});
const sample = (ill: string | undefined, latencyMs: number | null = null, aroundMs: number | null = null): Sample => {
  return { atMs: 0, ill, latencyMs, aroundMs };
};
const taking = (...latencies: number[]) => latencies.map((ms) => sample("", ms));
const before = (latencyP95Ms: number, aroundMs: number | null = null) => ({ samples: 9, latencyP95Ms, aroundMs });

describe("an agent held against its baseline", () => {
  it("breaches it when it is not well 3 looks in a row, and not when one of them was well or nobody knew", () => {
    const ill = sample("unhealthy, no answer");
    expect(breachOf([sample(""), ill, ill, ill], null, limits)).toBe(
      "not well in 3 looks in a row: unhealthy, no answer",
    );
    expect(breachOf([ill, ill, sample(""), ill], null, limits)).toBeUndefined();
    expect(breachOf([ill, ill], null, limits)).toBeUndefined();
    expect(breachOf([ill, sample(undefined), ill, sample(undefined), ill], null, limits)).toMatch(/3 looks/);
  });

  it("breaches it when two of its probes take 60 ms where 2 ms were usual, and not when one does", () => {
    const baseline = before(2);
    expect(breachOf(taking(1, 2, 61, 1.5, 60), baseline, limits)).toBe(
      "95 % of its probes take up to 61 ms, and 2.0 ms before (at most 52 ms)",
    );
    expect(breachOf(taking(1, 2, 61, 1.5, 1.7), baseline, limits)).toBeUndefined();
  });

  it("does not breach it by 4 ms instead of 1 ms, nor by fewer than 4 probes, nor without a baseline", () => {
    expect(breachOf(taking(4, 4.1, 4.2, 4.3, 4.4), before(1), limits)).toBeUndefined();
    expect(breachOf(taking(400, 401, 402), before(1), limits)).toBeUndefined();
    expect(breachOf(taking(400, 401, 402, 403), null, limits)).toBeUndefined();
  });

  it("does not breach it while all agents of its machine have become ten times as slow, and does when it alone has", () => {
    const slow = (aroundMs: number) => [300, 310, 320, 330].map((ms) => sample("", ms, aroundMs));
    expect(breachOf(slow(80), before(8, 8), limits)).toBeUndefined();
    expect(breachOf(slow(9), before(8, 8), limits)).toMatch(/up to 330 ms, and 8.0 ms before \(at most 65 ms\)/);
  });

  it("counts a probe that is seen in three looks once", () => {
    expect(breachOf(taking(300, 300, 300, 300), before(1), limits)).toBeUndefined();
  });
});

it("a baseline is of those looks alone at which a hub said something", () => {
  expect(baselineOf([sample(undefined), sample("", 3), sample("", 5)])).toEqual({
    samples: 2,
    latencyP95Ms: 5,
    aroundMs: null,
  });
  expect(baselineOf([sample(undefined)])).toBeUndefined();
  expect(baselineOf([])).toBeUndefined();
});

it("the 95th percentile of 20 values is the 19th", () => {
  expect(percentile([...Array(20).keys()], 0.95)).toBe(18);
  expect(percentile([], 0.95)).toBeNull();
});
