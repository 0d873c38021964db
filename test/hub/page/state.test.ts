import { expect, it } from "vitest";
import { groupsOf, heard, matches, newsOf, startState } from "../../../hub/page/state.ts";
import { ail, fleetView, kill, ledgerView, machineOf } from "./fixture.ts";

const served = () => startState(fleetView("pc2"), ledgerView("pc2"), 1_000);

it("a health event changes one agent of 77 and the totals", () => {
  const ill = ail(fleetView(), "degraded", "slow", "NLUAgent").agents.find(({ name }) => name === "NLUAgent");
  if (ill === undefined) throw new Error("the fleet has no NLUAgent");
  const { fleet } = heard(served(), { type: "health", agent: ill }, 1_500);
  expect(fleet.totals).toEqual({ healthy: 76, degraded: 1, unhealthy: 0, unknown: 0 });
  expect(fleet.agents).toHaveLength(77);
});

it("a machine event changes that machine only, and a sync event the link only", () => {
  const dead = machineOf(kill(fleetView(), "mainpc"), "mainpc");
  const { fleet } = heard(served(), { type: "machine", name: "mainpc", machine: dead }, 1_500);
  expect([fleet.machines.mainpc?.verdict, fleet.machines.pc2?.verdict]).toEqual(["dead", "alive"]);
  const { sync } = kill(fleetView(), "mainpc");
  expect(heard(served(), { type: "sync", sync }, 1_500).fleet.sync).toEqual(sync);
});

it("ages go by the hub's clock: 2,500 ms after the last news it is 2,500 ms later there, and that long silent", () => {
  const state = served();
  const news = newsOf(state, 3_500);
  expect(news.nowMs).toBe(Date.parse(state.fleet.now) + 2_500);
  expect(news.silentMs).toBe(2_500);
});

it("news of another hub than the one that served the page name the lost one, since the first of them", () => {
  const first = heard(served(), { type: "fleet", fleet: fleetView("mainpc") }, 2_000);
  const later = { ...fleetView("mainpc"), now: "2030-01-01T00:00:00.000Z" };
  const second = heard(first, { type: "fleet", fleet: later }, 3_000);
  expect(newsOf(second, 3_000).lost).toEqual({ hub: "EdgeHub", machine: "pc2", since: fleetView().now });
  expect(newsOf(heard(second, { type: "fleet", fleet: fleetView("pc2") }, 4_000), 4_000).lost).toBeUndefined();
});

it("a filter's words may stand anywhere in name, machine and group, in any case", () => {
  const counted = (text: string, health: "all" | "healthy" | "unhealthy" = "all") =>
    fleetView().agents.filter((agent) => matches(agent, { text, health })).length;
  expect([counted(""), counted("pc2"), counted("  MAINPC "), counted("nlu mainpc")]).toEqual([77, 23, 54, 1]);
  expect([counted("", "healthy"), counted("", "unhealthy"), counted("no such agent")]).toEqual([77, 0, 0]);
});

it("groups keep the order of the fleet and hold every agent once", () => {
  const { agents } = fleetView();
  const groups = groupsOf(agents.filter(({ machine }) => machine === "mainpc"));
  expect(groups[0]?.name).toBe(agents[0]?.group);
  expect(groups.flatMap((group) => group.agents)).toHaveLength(54);
});
