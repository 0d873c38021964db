import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DetectorEvent, type DetectorState, startDetector, stepDetector } from "../../../hub/core/detector.ts";
import { DetectorLimits } from "../../../hub/core/limits.ts";

const limits = DetectorLimits.parse({});
const heard = (atMs: number, path = "nats"): DetectorEvent => ({ type: "heard", path, atMs });
const refused = (atMs: number): DetectorEvent => ({ type: "refused", path: "http", atMs });
const tick = (atMs: number, references?: "answer" | "silent"): DetectorEvent =>
  references === undefined ? { type: "tick", atMs } : { type: "tick", atMs, references };

/** The verdicts that a story of events brings, each with the time of the event that brought it. */
function play(...events: DetectorEvent[]): string[] {
  let state: DetectorState = startDetector(["nats", "http"], 0);
  const story: string[] = [];
  for (const event of events) {
    const next = stepDetector(state, event, limits);
    if (next.judgement.verdict !== state.judgement.verdict) story.push(`${event.atMs} ${next.judgement.verdict}`);
    state = next;
  }
  return story;
}

/** Ticks each 50 ms, as the hub gives them. */
const ticks = (fromMs: number, toMs: number, references?: "answer" | "silent") =>
  Array.from({ length: Math.floor((toMs - fromMs) / 50) + 1 }, (_, i) => tick(fromMs + i * 50, references));

describe("the detector", () => {
  it("takes nobody as alive who was not heard, and as dead after 700 ms", () => {
    expect(play(...ticks(0, 800))).toEqual(["700 dead"]);
  });

  it("suspects after 350 silent ms, calls dead after 700 and forgives on the next heartbeat", () => {
    expect(play(heard(0), ...ticks(0, 700), heard(710))).toEqual(["0 alive", "350 suspect", "700 dead", "710 alive"]);
  });

  it("is content with either of two paths", () => {
    expect(play(heard(0), ...ticks(0, 300), heard(300, "http"), ...ticks(300, 600))).toEqual(["0 alive"]);
  });

  it("calls a peer whose kernel refuses dead after two heartbeats of silence, 200 ms", () => {
    expect(play(heard(0), refused(10), ...ticks(50, 200))).toEqual(["0 alive", "100 suspect", "200 dead"]);
  });

  it("keeps a peer alive that refuses on one path and is heard on the other", () => {
    expect(play(heard(0), refused(10), tick(50), heard(90), tick(100), refused(120), heard(180), tick(200))).toEqual([
      "0 alive",
    ]);
  });

  it("forgives the 5 s in which the judge itself stood still", () => {
    expect(play(heard(0), ...ticks(0, 100), tick(5_100))).toEqual(["0 alive"]);
    expect(play(heard(0), ...ticks(0, 100), ...ticks(5_100, 5_800))).toEqual(["0 alive", "5150 suspect", "5500 dead"]);
  });

  it("says isolated and not dead when nothing else answers either", () => {
    expect(play(heard(0), ...ticks(0, 750, "silent"))).toEqual(["0 alive", "350 suspect", "700 isolated"]);
  });

  it("says why: how long the silence was, or which path refused", () => {
    let state = startDetector(["nats", "http"], 0);
    for (const event of [heard(0), ...ticks(0, 700)]) state = stepDetector(state, event, limits);
    expect(state.judgement).toEqual({ verdict: "dead", sinceMs: 700, reason: "silent for 700 ms" });
    state = startDetector(["nats", "http"], 0);
    for (const event of [heard(0), refused(10), ...ticks(50, 200)]) state = stepDetector(state, event, limits);
    expect(state.judgement).toEqual({ verdict: "dead", sinceMs: 200, reason: "http refused" });
  });

  it("does not suspect a peer that refuses on one path for ever and is 150 ms late on the other", () => {
    const late = Array.from({ length: 20 }, (_, i) => [
      heard(i * 250 + 100),
      refused(i * 250 + 160),
      ...ticks(i * 250 + 150, i * 250 + 300),
    ]);
    expect(play(heard(0), refused(10), ...late.flat())).toEqual(["0 alive"]);
  });

  it("never calls a peer dead that is heard every 100 ms by any path, whatever refuses meanwhile", () => {
    const step = fc.record({ path: fc.constantFrom("nats", "http"), refuses: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const events = steps.flatMap(({ path, refuses }, i) => [
          heard(i * 100, path),
          ...(refuses ? [refused(i * 100 + 40)] : []),
          tick(i * 100 + 50),
        ]);
        expect(play(...events).filter((line) => line.endsWith("dead"))).toEqual([]);
      }),
    );
  });
});
