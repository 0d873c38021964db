import { expect, it } from "vitest";
import type { TimelineEntry } from "../../../../hub/http/timeline-json.ts";
import { around, knownFromMs, nearestTo, stepFrom, windowOf } from "../../../../hub/page/past/scrub.ts";
import { stripOf, ticksOf } from "../../../../hub/page/past/strip.ts";
import { valuesAt } from "../../../../hub/page/past/values.ts";
import { isApart, withEntries } from "../../../../hub/page/timeline.ts";
import { ago } from "../fixture.ts";
import { entry, historyView, timelineView } from "../sections-fixture.ts";

const minute = 60_000;
const hour = 60 * minute;
const now = Date.parse(ago(0));
const at = (seq: number, agoMs: number) => entry(seq, agoMs, "link", "well", "link-healed", "pc2", `word ${seq}`);
/** One a minute, newest first. */
const minutes = (count: number): TimelineEntry[] => Array.from({ length: count }, (_, each) => at(each, each * minute));

it("spans a day up to the minute that begins, a week on demand, and no more than is told", () => {
  const timeline = timelineView();
  const day = windowOf(timeline, "day", now, undefined);
  expect([day.toMs - day.fromMs, day.toMs >= now && day.toMs - now < minute]).toEqual([24 * hour, true]);
  const young = windowOf({ ...timeline, reachesBackTo: ago(3 * hour) }, "week", now, undefined);
  expect(young.fromMs).toBe(now - 3 * hour);
  const fresh = windowOf({ entries: [], reachesBackTo: ago(minute) }, "day", now, undefined);
  expect(fresh.toMs - fresh.fromMs).toBe(hour);
});

it("reaches up to an entry of a machine whose clock is 3 min ahead, and stands still while somebody scrubs", () => {
  const entries = [at(1, -3 * minute)];
  expect(windowOf({ entries, reachesBackTo: ago(hour) }, "day", now, undefined).toMs).toBeGreaterThanOrEqual(
    now + 3 * minute,
  );
  const scrub = { atMs: now - hour, toMs: now };
  expect(windowOf({ entries, reachesBackTo: ago(hour) }, "day", now + hour, scrub).toMs).toBe(now);
});

it("knows what happened since the oldest entry that is loaded, and all that is told once no page is left, or none was filled", () => {
  const timeline = timelineView();
  const [oldest] = timeline.entries.slice(-1);
  expect(knownFromMs(timeline, "some")).toBe(Date.parse(oldest?.at ?? "") + 1);
  expect(knownFromMs(timeline, "none")).toBe(Date.parse(timeline.reachesBackTo));
  expect(knownFromMs({ ...timeline, entries: [] }, "some")).toBe(Date.parse(timeline.reachesBackTo));
});

it("marks the nearest of 1,000, steps from one to the next of its kind, and draws 60 of them", () => {
  const entries = minutes(1_000);
  const moment = now - 500 * minute + 20_000;
  expect(nearestTo(entries, moment)?.id).toBe(entries[500]?.id);
  expect(nearestTo([], moment)).toBeUndefined();
  expect(stepFrom(entries, moment, "earlier", "all")).toBe(now - 500 * minute);
  expect(stepFrom(entries, now - 500 * minute, "earlier", "pair")).toBe(now - 501 * minute);
  expect(stepFrom(entries, moment, "later", "all")).toBe(now - 499 * minute);
  expect(stepFrom(entries, now, "later", "all")).toBeUndefined();
  expect(stepFrom(entries, moment, "later", "moves")).toBeUndefined();
  const drawn = around(entries, moment);
  expect([drawn.entries.length, drawn.later, drawn.earlier]).toEqual([60, 480, 460]);
});

it("the strip has a mark for each entry's kind and tone, and what is out of the window has none", () => {
  const window = { fromMs: now - 24 * hour, toMs: now };
  const { marks } = stripOf(timelineView().entries, window);
  expect(marks.map(({ tone }) => tone)).toEqual(["note", "well", "watch", "trouble"]);
  const count = marks.map(({ path }) => path.split("M").length - 1);
  // The drill of a day ago is at the very edge; the deployment an hour before is out.
  expect(count).toEqual([2, 2, 1, 1]);
  expect(stripOf([], window).marks).toEqual([]);
  expect(ticksOf(window, now).map(({ text }) => text)).toEqual(["18:00", "00:00", "06:00", "12:00"]);
});

it("tells the values of the step that holds the moment, and of a moment that the history does not hold on which side of it that is", () => {
  const history = historyView();
  const text = (ms: number) => {
    const values = valuesAt(history, ms);
    return typeof values === "string" ? values : values.find(({ title }) => title === "Unhealthy agents")?.text;
  };
  const fromMs = Date.parse(history.from);
  expect(text(fromMs + 252 * 5 * minute + 1)).toBe("2");
  expect(text(fromMs + 5 * minute)).toBe("not known");
  expect([text(fromMs - 1), text(fromMs + 288 * 5 * minute)]).toEqual(["early", "late"]);
});

it("an answer whose oldest entry is newer than all that is known leaves a gap, and one that overlaps does not", () => {
  const entries = minutes(9);
  expect(isApart(entries[5]?.at, entries.slice(0, 3))).toBe(true);
  expect(isApart(entries[2]?.at, entries.slice(0, 3))).toBe(false);
  expect(isApart(undefined, entries)).toBe(false);
});

it("of one ms, what a hub stored as its 10th stands above its 9th", () => {
  expect(withEntries([at(9, 0)], [at(10, 0)]).map(({ text }) => text)).toEqual(["word 10", "word 9"]);
});
