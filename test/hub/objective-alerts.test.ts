import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { OpenAlerts } from "../../hub/core/open-alerts.ts";
import type { ObjectiveView } from "../../hub/http/objectives-json.ts";
import type { NewAlert } from "../../hub/io/store-alert.ts";
import { ObjectiveAlerts } from "../../hub/objective-alerts.ts";
import { objective } from "./objective.ts";
import { smallConfig } from "./small-config.ts";

const service = "TutorAgent";
let open: OpenAlerts;
let said: string[];
let objectives: ObjectiveView[];
let deadHub: string;
let worked: string[];
/** The hub that does not say that it judges objectives, and since when. */
let mute: { hub: string; sinceMs: number };
let contradicted: string[];
const hubs: ObjectiveAlerts[] = [];

function note(by: string, alert: NewAlert): void {
  said.push(`${by}: ${alert.severity} ${alert.name} ${alert.subject}: ${alert.message}`);
  open.note({ kind: "alert", at: { wallMs: Date.now(), counter: said.length }, ...alert });
}

beforeEach(() => {
  vi.useFakeTimers();
  [open, said, deadHub, worked] = [new OpenAlerts(), [], "", []];
  contradicted = [];
  mute = { hub: "", sinceMs: 0 };
  objectives = [objective(), objective({ name: service })];
  const { machine, peer, services } = smallConfig();
  for (const [own, other] of [
    [machine, peer],
    [peer, machine],
  ] as const) {
    hubs.push(
      new ObjectiveAlerts({
        config: { machine: own, peer: other, services },
        view: () => ({ machine: own.name, now: "", objectives }),
        isHubDead: (name) => name === deadHub,
        peerUnjudgedMs: () => (mute.hub === other.name ? Date.now() - mute.sinceMs : 0),
        isCutOff: () => false,
        isWorkedOn: (name) => worked.includes(name),
        standing: () => (mute.hub === own.name ? undefined : open),
        store: async (alert) => note(own.name, alert),
        endedByPeer: (name, subject) => void contradicted.push(`${own.name}: ${name} ${subject}`),
        clock: () => Date.now(),
      }),
    );
  }
});
afterEach(() => {
  for (const hub of hubs.splice(0)) hub.stop();
  vi.useRealTimers();
});

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);
const burn = (name: string, burning: ObjectiveView["burning"], rates: Record<string, number> = {}) => {
  const burnRates = Object.entries(rates).map(([window, rate]) => ({ window, rate }));
  objectives = objectives.map((each) =>
    each.name === name ? { ...each, burning, burnRates, budgetLeft: 0.62 } : each,
  );
};

it("one of two hubs says that a budget burns, by how much and what is left, and when it is over", async () => {
  burn(service, "urgent", { "1h": 20.2, "5m": 100 });
  await pass(15);
  burn(service, "no");
  await pass(120);
  expect(said).toEqual([
    "mainpc: urgent budget-burning TutorAgent: the error budget of TutorAgent burns 20.2 times as fast as it may over 1h, 100.0 times over 5m; 62 % of 30 days' budget is left",
    "mainpc: resolved budget-burning TutorAgent: the error budget of TutorAgent does not burn faster than it may any more",
  ]);
});

it("names the windows that it burns by: 6 h and 30 min where an hour alone would be no alert", async () => {
  burn("pair", "urgent", { "1h": 7, "5m": 7, "6h": 6.5, "30m": 8 });
  await pass(15);
  expect(said[0]).toContain("burns 6.5 times as fast as it may over 6h, 8.0 times over 30m");
});

it("the other hub speaks while the home's is dead, and the home's ends what that one said", async () => {
  deadHub = "mainpc";
  hubs[0]?.stop();
  burn(service, "warning", { "3d": 1.1, "6h": 2 });
  await pass(15);
  expect(said).toEqual([expect.stringMatching(/^pc2: warning budget-burning TutorAgent.*1\.1 times.*over 3d/)]);
});

it("says nothing of what is worked on, and ends an alert about what is promised no more", async () => {
  worked = [service];
  burn(service, "urgent", { "1h": 20, "5m": 20 });
  await pass(60);
  expect(said).toEqual([]);
  note("mainpc", { severity: "warning", name: "budget-burning", subject: "Gone", message: "" });
  await pass(90);
  expect(said.at(-1)).toMatch(/^mainpc: resolved budget-burning Gone/);
});

it("the other hub speaks once the home's, which lives, has not said for 60 s that it judges objectives", async () => {
  mute = { hub: "mainpc", sinceMs: Date.now() };
  burn(service, "urgent", { "1h": 20, "5m": 100 });
  await pass(55);
  expect(said).toEqual([]);
  await pass(20);
  expect(said).toEqual([expect.stringMatching(/^pc2: urgent budget-burning TutorAgent/)]);
  mute = { hub: "", sinceMs: 0 };
  burn(service, "no");
  await pass(120);
  expect(said.slice(1)).toEqual([expect.stringMatching(/^mainpc: resolved budget-burning TutorAgent/)]);
});

it("an end, or a lesser word, of a hub that has no say is contradicted while it burns", async () => {
  burn(service, "urgent", { "1h": 20, "5m": 20 });
  await pass(15);
  const lie = { name: "budget-burning", subject: service, message: "" } as const;
  note("pc2", { ...lie, severity: "resolved" });
  await pass(10);
  note("pc2", { ...lie, severity: "warning" });
  await pass(10);
  expect(said.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
    "mainpc: urgent",
    "pc2: resolved",
    "mainpc: urgent",
    "pc2: warning",
    "mainpc: urgent",
  ]);
  const both = `mainpc: budget-burning ${service}`;
  expect(contradicted).toEqual([both, both]);
});
