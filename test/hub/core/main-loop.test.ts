import { describe, expect, it } from "vitest";
import { isStuck, startMainLoop, stepMainLoop } from "../../../hub/core/main-loop.ts";

/** Steps through `[pulsedAtMs, sleptMs, atMs]`; says after each whether the loop stands still. */
function play(...steps: [number | undefined, number, number][]): boolean[] {
  let state = startMainLoop;
  return steps.map(([pulsedAtMs, sleptMs, atMs]) => {
    state = stepMainLoop(state, pulsedAtMs, sleptMs, atMs);
    return isStuck(state, atMs);
  });
}

describe("a hub's main loop", () => {
  it("stands still when it has not beaten for 1,000 ms, and not before its first beat", () => {
    expect(play([undefined, 0, 5_000], [5_000, 0, 5_050], [5_000, 0, 5_999], [5_000, 0, 6_000])).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it("is well again with its next beat", () => {
    expect(play([0, 0, 1_000], [1_010, 0, 1_050])).toEqual([true, false]);
  });

  it("is forgiven the 5 s in which the judge stood still too, and no more than them", () => {
    expect(play([100, 0, 120], [100, 4_900, 5_120], [100, 0, 5_999], [100, 0, 6_000])).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it("that beat in the middle of the judge's stall is forgiven the time since then only", () => {
    expect(play([50, 0, 100], [4_950, 4_900, 5_100], [4_950, 0, 6_099], [4_950, 0, 6_100])).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});
