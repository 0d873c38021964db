import { describe, expect, it } from "vitest";
import { monthMs, monthOf, seenBy, windowAvailability, worstDownMs } from "../../../ops/chaos/availability.ts";
import type { Sample } from "../../../ops/chaos/prober/sample.ts";

const sample = (atMs: number, ok: boolean, tookMs = 5): Sample => ({
  stream: "s",
  atMs,
  tookMs,
  ok,
  by: "pc2",
  errors: ok ? [] : ["pc2: ECONNREFUSED"],
});
const stream = { name: "s", everyMs: 50 };

describe("what a client saw", () => {
  it("counts 3 failed requests of 20/s as 150 ms down, and their longest run until the next good one was due", () => {
    const samples = [sample(0, true), sample(50, false), sample(100, false), sample(150, true, 30), sample(200, false)];
    expect(seenBy(stream, samples)).toEqual({
      stream: "s",
      requests: 5,
      failed: 3,
      downMs: 150,
      longestOutageMs: 100,
      slowestMs: 30,
      errors: { "pc2: ECONNREFUSED": 3 },
    });
  });

  it("counts an outage that goes on at the end up to the next request, and other clients' samples not at all", () => {
    const samples = [sample(0, true), sample(50, false), sample(100, false), { ...sample(60, false), stream: "other" }];
    expect(seenBy(stream, samples)).toMatchObject({ requests: 3, failed: 2, longestOutageMs: 100 });
  });

  it("puts samples in the order in which they were due, whenever their answers came", () => {
    expect(seenBy(stream, [sample(100, true), sample(50, false), sample(0, true)]).longestOutageMs).toBe(50);
  });
});

describe("the availability of a month", () => {
  const run = (name: string, perMonth: number, downMs: number, windowMs = 10_000) => ({
    name,
    perMonth,
    downMs,
    windowMs,
  });

  it("is 1 - sum(rate × mean outage) / month: 4 × 500 ms and 20 × 0 ms are 2,000 ms of 30 days", () => {
    const month = monthOf([run("a", 4, 0), run("a", 4, 1_000), run("b", 20, 0)]);
    expect(month.downMsOfMonth).toBe(2_000);
    expect(month.availability).toBe(1 - 2_000 / monthMs);
    expect(month.faults).toEqual([
      { name: "a", perMonth: 4, runs: 2, meanWindowMs: 10_000, meanDownMs: 500, downMsOfMonth: 2_000 },
      { name: "b", perMonth: 20, runs: 1, meanWindowMs: 10_000, meanDownMs: 0, downMsOfMonth: 0 },
    ]);
  });

  it("says beside it what the windows alone give, so that quiet time hides nothing", () => {
    expect(monthOf([run("a", 1, 1_000), run("b", 1, 0)]).availabilityOfWindows).toBe(0.95);
  });

  it("falls below 99.9 % when a fault that comes 4 times a month costs 11 minutes each", () => {
    expect(monthOf([run("a", 4, 660_000)]).availability).toBeLessThan(0.999);
  });

  it("takes the worst-off client for a window, and never goes below 0", () => {
    const seen = [seenBy(stream, [sample(0, false)]), seenBy(stream, [sample(0, true)])];
    expect(worstDownMs(seen)).toBe(50);
    expect(windowAvailability(50, 100)).toBe(0.5);
    expect(windowAvailability(500, 100)).toBe(0);
  });
});
