import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { turnsOf } from "../../../../ops/chaos/prober/turns.ts";

describe("the turns of a client", () => {
  it("are all made up for after a standstill, where none are to be left out", () => {
    expect(turnsOf({ everyMs: 100 }, 0, 350)).toEqual({ turns: [0, 100, 200, 300], nextMs: 400 });
  });

  it("are left out by which its own thread came 1 s too late: 10 minutes' standstill is 11 requests, not 6,000", () => {
    const { turns, nextMs } = turnsOf({ everyMs: 100, skipLateMs: 1_000 }, 0, 600_000);
    expect(turns).toHaveLength(11);
    expect(turns[0]).toBe(599_000);
    expect(nextMs).toBe(600_100);
  });

  it("keep their pace, and none is both asked and due again", () => {
    const ms = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(ms, ms, fc.integer({ min: 0, max: 100_000 }), (everyMs, skipLateMs, nowMs) => {
        const { turns, nextMs } = turnsOf({ everyMs, skipLateMs }, 0, nowMs);
        for (const atMs of [...turns, nextMs]) expect(atMs % everyMs).toBe(0);
        for (const atMs of turns) expect(atMs >= nowMs - skipLateMs && atMs <= nowMs).toBe(true);
        expect(nextMs).toBeGreaterThan(nowMs);
      }),
    );
  });
});
