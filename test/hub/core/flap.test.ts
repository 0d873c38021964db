import { describe, expect, it } from "vitest";
import { type FlapState, flapLimits, forgetFlaps, startFlaps, stepFlaps } from "../../../hub/core/flap.ts";
import type { Verdict } from "../../../hub/core/verdict.ts";

const said = (verdict: Verdict) => ({ verdict, sinceMs: 0, reason: "" });
const start = () => startFlaps(said("alive"));

/** Steps through `[verdict, atMs]` pairs; returns the state behind the last. */
const play = (state: FlapState, ...story: [Verdict, number][]) =>
  story.reduce((before, [verdict, atMs]) => stepFlaps(before, said(verdict), atMs, flapLimits), state);

/** So many deaths, one a second. */
const deaths = (count: number) =>
  Array.from({ length: count }, (_, i): [Verdict, number][] => [
    ["dead", i * 1_000],
    ["alive", i * 1_000 + 500],
  ]).flat();

describe("damping of flaps", () => {
  it("passes on what it hears at once while there were no more than 3 deaths in a minute", () => {
    const state = play(start(), ...deaths(3));
    expect(state.judgement).toMatchObject({ verdict: "alive", sinceMs: 2_500 });
  });

  it("believes the 4th return after 1 s, the 5th after 2 s, and none later than after 10 s", () => {
    for (const [count, holdMs] of [
      [4, 1_000],
      [5, 2_000],
      [6, 4_000],
      [7, 8_000],
      [8, 10_000],
      [12, 10_000],
    ] as const) {
      const returned = count * 1_000 - 500;
      const state = play(start(), ...deaths(count));
      expect(state.judgement).toMatchObject({ verdict: "suspect", reason: expect.stringContaining(`${holdMs} ms`) });
      expect(play(state, ["alive", returned + holdMs - 1]).judgement.verdict, `${count}`).toBe("suspect");
      expect(play(state, ["alive", returned + holdMs]).judgement.verdict, `${count}`).toBe("alive");
    }
  });

  it("says dead at once however often it said so before, and begins to wait anew", () => {
    const state = play(start(), ...deaths(4), ["dead", 4_000]);
    expect(state.judgement.verdict).toBe("dead");
    expect(play(state, ["alive", 4_100], ["suspect", 5_000], ["alive", 5_100]).judgement.verdict).toBe("suspect");
  });

  it("forgets deaths after a minute, and all of them when the other was started anew", () => {
    expect(play(start(), ...deaths(3), ["dead", 61_001], ["alive", 61_002]).judgement.verdict).toBe("alive");
    expect(play(forgetFlaps(play(start(), ...deaths(3))), ["dead", 4_000], ["alive", 4_001]).judgement.verdict).toBe(
      "alive",
    );
  });
});
