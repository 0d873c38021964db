import { expect, it } from "vitest";
import type { ServiceJson } from "../../../hub/http/api.ts";
import { renderPage } from "../../../hub/page/render.ts";
import { adopted, heard, oldOf, refused, startState, told, withOlder } from "../../../hub/page/state.ts";
import { fleetView, ledgerView } from "./fixture.ts";
import { alert, alertsView, entry, sectionsView, timelineView } from "./sections-fixture.ts";

const served = () => startState(fleetView("pc2"), ledgerView("pc2"), 1_000, sectionsView());

it("events change alerts, services and the timeline, each at once", () => {
  const one = alert("hub-lost", "mainpc", "it does not answer");
  const fresh = entry(40, 500, "link", "trouble", "link-lost", "mainpc", "they do not hear each other");
  const state = [
    { type: "alerts" as const, alerts: [one] },
    { type: "services" as const, services: [] },
    { type: "timeline" as const, entry: fresh },
  ].reduce((before, event) => heard(before, event, 2_000), served());
  expect(state.sections.alerts?.alerts).toEqual([one]);
  expect(state.sections.services).toEqual([]);
  expect(state.sections.timeline?.entries[0]).toEqual(fresh);
});

it("a move changes owner, epoch and state of its service at once, and one of an epoch that is over changes nothing", () => {
  const move = { type: "moved", service: "NLUAgent", from: "mainpc", to: "pc2", epoch: 3, why: "" } as const;
  const of = (state: ReturnType<typeof served>) => {
    const found = state.sections.services?.find(({ name }) => name === "NLUAgent");
    return found && [found.owner, found.epoch, found.state];
  };
  const away = heard(served(), move, 2_000);
  expect([of(served()), of(away)]).toEqual([
    ["mainpc", 2, "home"],
    ["pc2", 3, "away"],
  ]);
  const back = heard(away, { ...move, from: "pc2", to: "mainpc", epoch: 4 }, 3_000);
  expect(of(back)).toEqual(["mainpc", 4, "home"]);
  expect(of(heard(back, move, 4_000))).toEqual(["mainpc", 4, "home"]);
  const moving = (services: ServiceJson[] = []) => services.map((each) => ({ ...each, state: "moving" as const }));
  const between = heard(back, { type: "services", services: moving(back.sections.services) }, 5_000);
  expect(of(heard(between, { ...move, epoch: 5 }, 6_000))).toEqual(["pc2", 5, "moving"]);
});

it("a section that a hub does not know is left out, and one that it refuses keeps its last value with age and reason", () => {
  const unknown = refused(served(), "objectives", { reason: "nothing at …", known: false }, 2_000);
  expect(unknown.sections.objectives).toBeUndefined();
  expect(oldOf(unknown, 500_000).objectives).toBeUndefined();
  const refusing = refused(served(), "alerts", { reason: "not read back yet", known: true }, 2_000);
  expect(refusing.sections.alerts).toBeDefined();
  expect(oldOf(refusing, 15_900).alerts).toBeUndefined();
  expect(oldOf(refusing, 16_100).alerts).toBe("15 s old: not read back yet");
  expect(oldOf(told(refusing, "alerts", alertsView(), 16_000), 16_100).alerts).toBeUndefined();
});

it("one that was never told is said to be missing in the hub's words", () => {
  const state = startState(fleetView(), ledgerView(), 1_000);
  expect(oldOf(refused(state, "timeline", { reason: "it reads", known: true }, 2_000), 2_000).timeline).toBe(
    "not told at present: it reads",
  );
});

it("pages of the timeline add up, what was loaded stays when the newest are read anew, and one without news is the last", () => {
  const [first, ...rest] = timelineView().entries;
  if (first === undefined) throw new Error("the timeline has entries");
  const newest = { ...timelineView(), entries: [first] };
  const state = told(startState(fleetView(), ledgerView(), 0), "timeline", newest, 0);
  const older = withOlder(state, rest);
  expect([older.sections.timeline?.entries.length, older.older]).toEqual([9, "some"]);
  expect(told(older, "timeline", newest, 9_000).sections.timeline?.entries).toHaveLength(9);
  expect(withOlder(older, rest).older).toBe("none");
  expect(withOlder(older, undefined).older).toBe("some");
});

it("a night that was slept through leaves a gap though an event comes before the answer, and the event stays", () => {
  const hourMs = 3_600_000;
  const turn = (seq: number, agoMs: number) => entry(seq, agoMs, "alert", "trouble", "agent-unhealthy", "pc2/A", "");
  const [evening, oldest, newest, event] = [turn(1, 9 * hourMs), turn(2, hourMs), turn(3, 60_000), turn(4, 0)];
  const answer = { ...timelineView(), entries: [newest, oldest] };
  const before = told(startState(fleetView(), ledgerView(), 0), "timeline", { ...answer, entries: [evening] }, 0);
  const asleep = { ...before, older: "none" as const };
  const awake = heard(adopted(asleep), { type: "timeline", entry: event }, 9_000);
  const read = told(awake, "timeline", answer, 9_100);
  expect([read.sections.timeline?.entries, read.older]).toEqual([[event, newest, oldest], "some"]);
  const short = told(awake, "timeline", { ...answer, entries: [newest, oldest, evening] }, 9_100);
  expect([short.sections.timeline?.entries.length, short.older]).toEqual([4, "none"]);
  expect(told(adopted(adopted(awake)), "timeline", answer, 9_100).older).toBe("some");
});

it("nothing older at a hub that still reads is not for ever: once it reaches further back, older ones may be asked for again", () => {
  const start = "2026-05-12T13:00:00.000Z";
  const reading = { ...timelineView(), reachesBackTo: start };
  const further = { ...reading, reachesBackTo: "2026-05-05T13:00:00.000Z" };
  const none = withOlder(told(startState(fleetView(), ledgerView(), 0), "timeline", reading, 0), []);
  expect(none.older).toBe("none");
  expect(told(none, "timeline", { ...reading, reachesBackTo: "2026-05-12T13:01:00.000Z" }, 9_000).older).toBe("none");
  expect(told(none, "alerts", alertsView(), 9_000).older).toBe("none");
  const read = told(none, "timeline", further, 9_000);
  expect(read.older).toBe("some");
  expect(withOlder(read, [], start).older).toBe("some");
  expect(withOlder(read, []).older).toBe("none");
});

it("a page that is full at 2,000 entries asks for none older, whatever the hub has, and says where it ends", () => {
  const many = Array.from({ length: 1_999 }, (_, i) =>
    entry(100 + i, (i + 1) * 60_000, "hub", "note", "up", "pc2", ""),
  );
  const view = { ...timelineView(), entries: many };
  const before = told(startState(fleetView(), ledgerView(), 0), "timeline", view, 0);
  const end = entry(4_000, 2_000 * 60_000, "hub", "note", "up", "pc2", "");
  const full = withOlder(before, [end, entry(4_001, 2_001 * 60_000, "hub", "note", "up", "pc2", "")]);
  expect([full.older, full.sections.timeline?.entries.length]).toEqual(["none", 2_000]);
  const further = told(full, "timeline", { ...view, reachesBackTo: "2020-01-01T00:00:00.000Z" }, 9_000);
  expect(further.older).toBe("none");
  const page = renderPage(fleetView(), ledgerView(), { timeline: further.sections.timeline ?? view });
  expect(page).toContain(`It reaches back to ${end.at.slice(0, 10)}`);
  expect(page).not.toContain("It reaches back to 2020");
});
