import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DetectorEvent, type DetectorState, startDetector, stepDetector } from "../../../hub/core/detector.ts";
import { DetectorLimits } from "../../../hub/core/limits.ts";

const limits = DetectorLimits.parse({});
const heard = (atMs: number, path = "udp"): DetectorEvent => ({ type: "heard", path, atMs });
const old = (atMs: number, path: string): DetectorEvent => ({ type: "heard", path, atMs, old: true });
const refused = (atMs: number, path = "tcp"): DetectorEvent => ({ type: "refused", path, atMs });
const tick = (atMs: number, references?: "answer" | "silent"): DetectorEvent =>
  references === undefined ? { type: "tick", atMs } : { type: "tick", atMs, references };
const start = () => startDetector(["udp", "tcp", "nats"], 0, ["udp", "tcp"]);

/** The verdicts that a story of events brings, each with the time of the event that brought it. */
function play(...events: DetectorEvent[]): string[] {
  let state: DetectorState = start();
  const story: string[] = [];
  for (const event of events) {
    const next = stepDetector(state, event, limits);
    if (next.judgement.verdict !== state.judgement.verdict) story.push(`${event.atMs} ${next.judgement.verdict}`);
    state = next;
  }
  return story;
}

function reasonAfter(...events: DetectorEvent[]): string {
  return events.reduce((state, event) => stepDetector(state, event, limits), start()).judgement.reason;
}

/** Ticks each 50 ms, as the judge gives them. */
const ticks = (fromMs: number, toMs: number, references?: "answer" | "silent") =>
  Array.from({ length: Math.floor((toMs - fromMs) / 50) + 1 }, (_, i) => tick(fromMs + i * 50, references));

describe("the detector", () => {
  it("takes nobody as alive who was not heard, and as dead after 500 ms", () => {
    expect(play(...ticks(0, 600))).toEqual(["500 dead"]);
  });

  it("suspects after 250 silent ms, calls dead after 500 and forgives on the next beat", () => {
    expect(play(heard(0), ...ticks(0, 500), heard(510))).toEqual(["0 alive", "250 suspect", "500 dead", "510 alive"]);
  });

  it("is content with any of its paths", () => {
    expect(play(heard(0), ...ticks(0, 200), heard(200, "nats"), ...ticks(200, 400))).toEqual(["0 alive"]);
  });

  it("takes a beat that another path had brought before as no proof of life", () => {
    const repeated = [50, 100, 150, 200, 250, 300, 350, 400, 450].flatMap((atMs) => [tick(atMs), old(atMs + 1, "tcp")]);
    expect(play(heard(0), ...repeated, tick(500))).toEqual(["0 alive", "250 suspect", "500 dead"]);
  });

  it("calls a peer whose TCP port refuses dead after 200 ms of silence", () => {
    expect(play(heard(0), refused(10), ...ticks(50, 200))).toEqual(["0 alive", "100 suspect", "200 dead"]);
  });

  it("calls a peer dead at once whose UDP and TCP ports both refuse, though a beat was still under way", () => {
    const before = [heard(0), old(1, "tcp"), heard(45)];
    expect(play(...before, refused(60), refused(61, "udp"))).toEqual(["0 alive", "61 dead"]);
    expect(play(...before, refused(60), refused(61, "udp"), heard(64, "nats"), tick(100))).toEqual([
      "0 alive",
      "61 dead",
    ]);
  });

  it("does not take refusals for a death of what it never heard by those paths, or hears by NATS", () => {
    expect(play(heard(0, "nats"), refused(10), refused(11, "udp"), heard(90, "nats"))).toEqual(["0 alive"]);
    const cut = [100, 200, 300].flatMap((atMs) => [
      tick(atMs - 50),
      refused(atMs - 20, "udp"),
      refused(atMs - 10),
      heard(atMs, "nats"),
    ]);
    expect(play(heard(0), old(1, "tcp"), heard(50, "nats"), ...cut)).toEqual(["0 alive", "90 dead", "200 alive"]);
  });

  it("forgives its own stall of 3 s before it judges by the old beat or the refusal that it takes up first", () => {
    const stalled = [heard(0), tick(50), heard(50)];
    expect(play(...stalled, old(3_050, "tcp"), heard(3_051), tick(3_052))).toEqual(["0 alive"]);
    const refusedFirst = play(...stalled, refused(3_050, "tcp"), heard(3_051), tick(3_052));
    expect(refusedFirst).toEqual(["0 alive", "3050 suspect", "3051 alive"]);
  });

  it("believes a second death as the first, once both paths were heard in between", () => {
    const death = (atMs: number) => [refused(atMs), refused(atMs + 1, "udp")];
    const life = (atMs: number) => [heard(atMs), old(atMs + 1, "tcp")];
    expect(play(...life(0), ...death(40), ...life(1_000), ...death(1_040))).toEqual([
      "0 alive",
      "41 dead",
      "1000 alive",
      "1041 dead",
    ]);
  });

  it("keeps a peer alive that refuses on one path and is heard on the other", () => {
    expect(play(heard(0), refused(10), tick(50), heard(90), tick(100), refused(120), heard(180), tick(200))).toEqual([
      "0 alive",
    ]);
  });

  it("calls a peer dead that says its main loop stands still, until it says otherwise", () => {
    const stuck: DetectorEvent = { type: "heard", path: "udp", atMs: 50, stuck: true };
    expect(play(heard(0), stuck, tick(100), { ...stuck, atMs: 150 }, heard(200))).toEqual([
      "0 alive",
      "50 dead",
      "200 alive",
    ]);
    expect(reasonAfter(heard(0), stuck)).toBe("its main loop stands still");
  });

  it("forgives the 5 s in which the judge itself stood still", () => {
    expect(play(heard(0), ...ticks(0, 100), tick(5_100))).toEqual(["0 alive"]);
    expect(play(heard(0), ...ticks(0, 100), ...ticks(5_100, 5_800))).toEqual(["0 alive", "5150 suspect", "5400 dead"]);
  });

  it("says isolated and not dead when nothing else answers either", () => {
    expect(play(heard(0), ...ticks(0, 550, "silent"))).toEqual(["0 alive", "250 suspect", "500 isolated"]);
  });

  it("does not call a peer dead between two ticks because a port refuses while nothing else answers", () => {
    expect(play(heard(0), ...ticks(0, 550, "silent"), refused(560), refused(570, "nats"))).toEqual([
      "0 alive",
      "250 suspect",
      "500 isolated",
    ]);
  });

  it("says why: how long the silence was, or which path refused", () => {
    expect(reasonAfter(heard(0), ...ticks(0, 500))).toBe("silent for 500 ms");
    expect(reasonAfter(heard(0), refused(10), ...ticks(50, 200))).toBe("tcp refused");
    expect(reasonAfter(heard(0), old(1, "tcp"), refused(10), refused(11, "udp"))).toBe("udp and tcp refused");
  });

  it("does not suspect a peer that refuses on one path for ever and is 150 ms late on the other", () => {
    const late = Array.from({ length: 20 }, (_, i) => [
      heard(i * 250 + 100),
      refused(i * 250 + 160),
      ...ticks(i * 250 + 150, i * 250 + 300),
    ]);
    expect(play(heard(0), refused(10), ...late.flat())).toEqual(["0 alive"]);
  });

  it("never calls a peer dead that is heard every 100 ms by any path, whatever one port refuses meanwhile", () => {
    const step = fc.record({ path: fc.constantFrom("udp", "tcp", "nats"), refuses: fc.boolean() });
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
