import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AgentHealth,
  type ProbeAnswer,
  startAgentHealth,
  stepAgentHealth,
} from "../../../hub/core/agent-health.ts";

const well: ProbeAnswer = { type: "answered", health: "healthy", message: "", latencyMs: 2 };
const degraded: ProbeAnswer = { type: "answered", health: "degraded", message: "queue is long", latencyMs: 3 };
const failing: ProbeAnswer = { type: "answered", health: "unhealthy", message: "no gpu", latencyMs: 4 };
const refused: ProbeAnswer = { type: "refused", reason: "10.0.0.2:8140 refused the connection" };
const silent: ProbeAnswer = { type: "timeout", reason: "no answer within 1000 ms" };
const foreign: ProbeAnswer = { type: "wrong-protocol", reason: "an HTTP server answers where ZeroMQ is expected" };
const garbled: ProbeAnswer = { type: "malformed", reason: "its answer has no status: []" };

/** One answer each 1000 ms from 1000 on. */
function play(...answers: ProbeAnswer[]): AgentHealth[] {
  let state = startAgentHealth(0);
  return answers.map((answer, index) => {
    state = stepAgentHealth(state, answer, (index + 1) * 1000);
    return state;
  });
}

const healths = (...answers: ProbeAnswer[]) => play(...answers).map((state) => state.health);

const anyAnswer = fc.constantFrom(well, degraded, failing, refused, silent, foreign, garbled);

describe("an agent's health", () => {
  it("is unknown since the start, until the first probe says something", () => {
    expect(startAgentHealth(7)).toMatchObject({ health: "unknown", sinceMs: 7, observedAtMs: undefined, failures: 0 });
  });

  it("turns unhealthy on 1 refusal, and healthy again on 1 answer", () => {
    expect(healths(well, refused, well)).toEqual(["healthy", "unhealthy", "healthy"]);
  });

  it("forgives 1 silent probe and turns unhealthy on the 2nd in a row", () => {
    expect(healths(well, silent, well, silent, silent)).toEqual([
      "healthy",
      "healthy",
      "healthy",
      "healthy",
      "unhealthy",
    ]);
    expect(healths(silent, silent)).toEqual(["unknown", "unhealthy"]);
  });

  it("does not count a silent probe that came before another kind of answer", () => {
    expect(healths(silent, degraded, silent, garbled, silent)).not.toContain("unhealthy");
  });

  it("follows the agent's own word at once", () => {
    expect(healths(well, degraded, failing, degraded)).toEqual(["healthy", "degraded", "unhealthy", "degraded"]);
  });

  it("calls an agent that is asked in the wrong protocol degraded, never dead, and keeps the reason", () => {
    expect(play(well, foreign)[1]).toMatchObject({ health: "degraded", reason: foreign.reason, failures: 0 });
    expect(play(well, garbled)[1]).toMatchObject({ health: "degraded", reason: garbled.reason });
  });

  it("says since when, what was said last and how long the last answer took", () => {
    expect(play(well, well, degraded, refused, refused)).toMatchObject([
      { sinceMs: 1000, latencyMs: 2, failures: 0 },
      { sinceMs: 1000, observedAtMs: 2000, reason: "" },
      { sinceMs: 3000, latencyMs: 3, reason: "queue is long" },
      { sinceMs: 4000, latencyMs: 3, failures: 1 },
      { sinceMs: 4000, observedAtMs: 5000, failures: 2 },
    ]);
  });

  it("cuts a reason of 5000 characters to 200", () => {
    const [state] = play({ ...failing, message: "x".repeat(5000) });
    expect(state?.reason).toHaveLength(200);
    expect(state?.reason.endsWith("x…")).toBe(true);
  });
});

describe("whatever the probes saw", () => {
  it("the time since when moves exactly when the health does", () => {
    fc.assert(
      fc.property(fc.array(anyAnswer), (answers) => {
        const states = [startAgentHealth(0), ...play(...answers)];
        for (const [index, state] of states.slice(1).entries()) {
          const before = states[index];
          expect(state.sinceMs === before?.sinceMs).toBe(state.health === before?.health);
        }
      }),
    );
  });

  it("the last two answers alone decide the health, but for a single silence", () => {
    fc.assert(
      fc.property(fc.array(anyAnswer), anyAnswer, anyAnswer, (history, next, last) => {
        fc.pre(!(last.type === "timeout" && next.type !== "refused" && next.type !== "timeout"));
        expect(healths(...history, next, last).at(-1)).toBe(healths(next, last).at(-1));
      }),
    );
  });

  it("failures count exactly the probes since something answered", () => {
    fc.assert(
      fc.property(fc.array(anyAnswer), (answers) => {
        const answered = answers.findLastIndex((answer) => answer.type !== "refused" && answer.type !== "timeout");
        expect(play(...answers).at(-1)?.failures ?? 0).toBe(answers.length - 1 - answered);
      }),
    );
  });
});
