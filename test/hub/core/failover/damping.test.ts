import { describe, expect, it } from "vitest";
import { countFlap, type Flaps, failbackWaitMs } from "../../../../hub/core/failover/damping.ts";
import { FailoverLimits } from "../../../../hub/core/failover/limits.ts";

const limits = FailoverLimits.parse({});
const flapsAt = (...times: number[]) =>
  times.reduce<Flaps | undefined>((flaps, atMs) => countFlap(flaps, atMs, limits), undefined);

describe("damping", () => {
  it("lets a service wait 5 s to go home, then 10, 20 and 40 as it flaps, and 300 at most", () => {
    const waits = [1, 2, 3, 4, 30].map((count) =>
      failbackWaitMs(flapsAt(...Array.from({ length: count }, () => 0)), 0, limits),
    );
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 300_000]);
  });

  it("forgets flaps 600 s after the last one", () => {
    expect(failbackWaitMs(flapsAt(0, 1_000), 600_999, limits)).toBe(10_000);
    expect(failbackWaitMs(flapsAt(0, 1_000), 601_000, limits)).toBe(5_000);
    expect(flapsAt(0, 1_000, 700_000)).toEqual({ count: 1, atMs: 700_000 });
  });
});
