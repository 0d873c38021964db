import { expect, it } from "vitest";
import type { TimelineEntry } from "../../../../hub/http/timeline-json.ts";
import { Scrubber } from "../../../../hub/page/past/scrubber.ts";
import { type PageState, startState } from "../../../../hub/page/state.ts";
import { fleetView, ledgerView } from "../fixture.ts";
import { entry } from "../sections-fixture.ts";

const hour = 3_600_000;
const now = Date.parse("2026-10-11T12:00:55.000Z");

function scrubberOver(...moments: number[]) {
  const entries = moments.map((ms, index): TimelineEntry => {
    const one = entry(moments.length - index, 0, "link", "well", "link-healed", "pc2", "a word");
    return { ...one, at: new Date(ms).toISOString() };
  });
  const timeline = {
    machine: "mainpc",
    now: new Date(now).toISOString(),
    reachesBackTo: new Date(now - 200 * hour).toISOString(),
    entries,
  };
  let state: PageState = { ...startState(fleetView(), ledgerView(), 0, { timeline }), older: "none" };
  const scrubber = new Scrubber({
    state: () => state,
    set(next) {
      state = next;
    },
    nowMs: () => now,
    loadOlder: async () => {},
  });
  return { scrubber, at: () => state.scrub?.atMs, span: () => state.span };
}

it("Earlier stands at an entry of 10 s ago, and the next one at the entry before it; Later leads back to now", () => {
  const [young, old] = [now - 10_000, now - hour];
  const { scrubber, at } = scrubberOver(young, old);
  scrubber.by("earlier");
  expect(at()).toBe(young);
  scrubber.by("earlier");
  expect(at()).toBe(old);
  scrubber.by("later");
  expect(at()).toBe(young);
  scrubber.by("later");
  expect(at()).toBeUndefined();
});

it("Earlier stands at an entry of 3 days ago, and spans a week for it", () => {
  const [young, old] = [now - hour, now - 72 * hour];
  const { scrubber, at, span } = scrubberOver(young, old);
  scrubber.by("earlier");
  expect([at(), span()]).toEqual([young, "day"]);
  scrubber.by("earlier");
  expect([at(), span()]).toEqual([old, "week"]);
});

it("a hand that comes within half a minute of the end is at now", () => {
  const { scrubber, at } = scrubberOver(now - hour);
  scrubber.to(now - hour);
  expect(at()).toBe(now - hour);
  scrubber.to(now);
  expect(at()).toBeUndefined();
});
