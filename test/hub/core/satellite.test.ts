import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  judgeSatellite,
  type SatelliteJudgement,
  type SatelliteSight,
  satelliteDeadAfterMs,
  startSatellite,
} from "../../../hub/core/satellite.ts";

type Sighted = SatelliteSight["agents"][number];
const well: Sighted = { health: "healthy", latencyMs: 2 };
const silent: Sighted = { health: "unhealthy", latencyMs: undefined };
const unasked: Sighted = { health: "unknown", latencyMs: undefined };
const saysItIsIll: Sighted = { health: "unhealthy", latencyMs: 3 };
const foreign: Sighted = { health: "degraded", latencyMs: undefined };

/** What is said at each moment; `at` is in ms. */
function play(...moments: { at: number; agents: Sighted[]; cutOff?: boolean }[]): string[] {
  let judgement: SatelliteJudgement = startSatellite(0);
  return moments.map(({ at, agents, cutOff = false }) => {
    judgement = judgeSatellite(judgement, { agents, cutOff, atMs: at });
    return `${judgement.verdict} since ${judgement.sinceMs}`;
  });
}
const reasonOf = (agents: Sighted[], cutOff = false) =>
  judgeSatellite(startSatellite(0), { agents, cutOff, atMs: 1 }).reason;

describe("a satellite", () => {
  it("is unknown until one of its agents was asked, and for good when it has none", () => {
    expect(play({ at: 100, agents: [unasked, unasked] }, { at: 9_000, agents: [] })).toEqual([
      "unknown since 0",
      "unknown since 0",
    ]);
    expect(reasonOf([])).toBe("it has no agents that could be asked");
  });

  it("is alive while any agent answers, also one that says it is ill or speaks another protocol", () => {
    for (const agent of [well, saysItIsIll, foreign])
      expect(play({ at: 100, agents: [silent, agent, unasked] })).toEqual(["alive since 100"]);
  });

  it("is suspect when the last agent falls silent, dead 5 s later, and alive with the first answer", () => {
    expect(satelliteDeadAfterMs).toBe(5_000);
    expect(
      play(
        { at: 0, agents: [well, well] },
        { at: 1_000, agents: [well, silent] },
        { at: 2_000, agents: [silent, silent] },
        { at: 6_999, agents: [silent, silent] },
        { at: 7_000, agents: [silent, silent] },
        { at: 60_000, agents: [silent, silent] },
        { at: 61_000, agents: [silent, well] },
      ),
    ).toEqual([
      "alive since 0",
      "alive since 0",
      "suspect since 2000",
      "suspect since 2000",
      "dead since 7000",
      "dead since 7000",
      "alive since 61000",
    ]);
  });

  it("is only suspected while agents are left that nobody has asked", () => {
    const some = [silent, unasked];
    expect(play({ at: 100, agents: some }, { at: 9_000, agents: some })).toEqual([
      "suspect since 100",
      "suspect since 100",
    ]);
    expect(reasonOf(some)).toBe("none of its agents asked so far answers (1 of 2)");
  });

  it("is isolated, not dead, when no reference address answers either", () => {
    expect(
      play(
        { at: 0, agents: [well] },
        { at: 100, agents: [silent], cutOff: true },
        { at: 9_000, agents: [silent], cutOff: true },
        { at: 9_500, agents: [silent] },
        { at: 14_500, agents: [silent] },
      ),
    ).toEqual(["alive since 0", "isolated since 100", "isolated since 100", "suspect since 9500", "dead since 14500"]);
  });

  it("says why in words that count", () => {
    expect(reasonOf([silent])).toBe("its one agent does not answer");
    expect(reasonOf([silent, silent, silent])).toBe("none of its 3 agents answers");
    expect(reasonOf([well])).toBe("");
  });

  it("is never dead within 5 s of an answer, whatever the agents do", () => {
    const moment = fc.record({
      agents: fc.array(fc.constantFrom(well, silent, unasked, saysItIsIll, foreign), { minLength: 1, maxLength: 3 }),
      cutOff: fc.boolean(),
      stepMs: fc.integer({ min: 1, max: 3_000 }),
    });
    fc.assert(
      fc.property(fc.array(moment), (moments) => {
        let at = 0;
        let answeredAt = 0;
        let judgement = startSatellite(0);
        for (const { agents, cutOff, stepMs } of moments) {
          at += stepMs;
          judgement = judgeSatellite(judgement, { agents, cutOff, atMs: at });
          if (agents.some((agent) => agent !== silent && agent !== unasked)) answeredAt = at;
          if (judgement.verdict === "dead") expect(at - answeredAt).toBeGreaterThanOrEqual(satelliteDeadAfterMs);
        }
      }),
    );
  });
});
