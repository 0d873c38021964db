import { describe, expect, it } from "vitest";
import type { FleetView, ServiceJson } from "../../../hub/http/api.ts";
import type { HubSaid } from "../../../ops/status/ask.ts";
import { statusText } from "../../../ops/status/text.ts";
import { statusOf } from "../../../ops/status/view.ts";
import { objective } from "../../hub/objective.ts";
import { ago, ail, fleetView, kill, ledgerView } from "../../hub/page/fixture.ts";

function said(fleet: FleetView, more: Partial<HubSaid> = {}): HubSaid {
  const url = fleet.machines[fleet.machine]?.hub.url ?? "";
  const ledger = ledgerView(fleet.machine === "pc2" ? "pc2" : "mainpc");
  const startedAt = ago(7_200_000);
  const rest = { services: [], bufferSeconds: 18_000, startedAt, alerts: [], objectives: undefined, migration: [] };
  return { url, answers: true, tookMs: 12, fleet, ledger, ...rest, ...more };
}
const silent = (url: string, answers = false): HubSaid => ({
  ...said(fleetView()),
  url,
  answers,
  fleet: undefined,
  ledger: undefined,
});
const both = (first: FleetView = fleetView("mainpc"), second: FleetView = fleetView("pc2")) => [
  said(first),
  said(second),
];
const service: ServiceJson = {
  name: "ServiceRegistry",
  home: "mainpc",
  standby: "pc2",
  mode: "warm",
  singleWriter: true,
  owner: "mainpc",
  epoch: 0,
  state: "home",
  acts: true,
  reason: "",
  route: 7_500,
  instances: {},
};

describe("the status of a pair", () => {
  it("is 0 where both hubs answer and all is well, in fewer lines than a screen has", () => {
    const view = statusOf(both());
    expect([view.exitCode, view.troubles]).toEqual([0, []]);
    const text = statusText(view);
    expect(text.split("\n").length).toBeLessThan(24);
    expect(text).toContain(
      "all is well, by ObservabilityHub of mainpc (http://127.0.0.1:9000, 0.1.0, up 2.0 h), 12 ms old",
    );
    expect(text).toContain("agents: 77 of 77 healthy");
    expect(text).toContain("5.0 h");
  });

  it("is 1 where a hub that answers does not tell its services, alerts or metrics: none of them is not all of them", () => {
    const mute = { services: undefined, alerts: undefined, bufferSeconds: undefined };
    const view = statusOf([said(fleetView("mainpc")), said(fleetView("pc2"), mute)]);
    expect([view.exitCode, view.troubles]).toEqual([
      1,
      ["services", "alerts", "metrics"].map((what) => `the hub of pc2 does not tell its ${what}`),
    ]);
  });

  it("is 2 where no hub answers, and says which were asked", () => {
    const view = statusOf([silent("http://a"), silent("http://b")]);
    expect(view.exitCode).toBe(2);
    expect(statusText(view)).toBe("no hub answers at http://a\nno hub answers at http://b");
  });

  it("says why a hub does not answer", () => {
    const ended = { ...silent("https://b"), why: "certificate has expired" };
    expect(statusOf([said(fleetView("mainpc")), ended]).troubles).toEqual([
      "no hub answers at https://b: certificate has expired",
    ]);
  });

  it("tells a hub of another version from one that is silent", () => {
    expect(statusOf([said(fleetView("mainpc")), silent("http://b", true)]).troubles).toEqual([
      "what answers at http://b is no hub of this version of tandem: use the version that it was deployed from",
    ]);
  });

  it("is the other hub's word where the first is silent, and 1", () => {
    const view = statusOf([silent("http://a"), said(kill(fleetView("pc2"), "mainpc"))]);
    expect([view.exitCode, view.answeredBy?.machine]).toEqual([1, "pc2"]);
    expect(view.troubles).toEqual([
      "no hub answers at http://a",
      "mainpc is dead: hub, NATS and Pushgateway do not answer",
      "pc2 is degraded: the peer's hub does not answer",
      "1 of 77 agents are not healthy",
    ]);
    expect(statusText(view)).toContain("its hub does not answer");
  });

  it.each<[string, Partial<HubSaid>, string]>([
    ["records that are missing", { ledger: { ...ledgerView("mainpc"), missing: 3 } }, "mainpc misses 3 records"],
    [
      "a buffer of less than an hour",
      { bufferSeconds: 3_599 },
      "the buffer of mainpc would be full in 60 min, were NATS down",
    ],
    [
      "a service that is held",
      { services: [{ ...service, state: "held", reason: "no witness" }] },
      "service ServiceRegistry is held: no witness",
    ],
    [
      "a service that is not at home",
      { services: [{ ...service, state: "away", owner: "pc2" }] },
      "service ServiceRegistry acts on pc2, not at home on mainpc",
    ],
    [
      "an alert that stands",
      { alerts: [{ name: "store-nearly-full", severity: "warning", subject: "pc2", since: ago(1), message: "81 %" }] },
      "alert store-nearly-full of pc2: 81 %",
    ],
  ])("is 1 for %s", (_, change, trouble) => {
    const view = statusOf([said(fleetView("mainpc"), change), said(fleetView("pc2"))]);
    expect([view.exitCode, view.troubles]).toEqual([1, [trouble]]);
  });

  it("has a line for the objectives: how many are kept, where least is left, and what burns", () => {
    const objectives = [
      objective({ budgetLeft: 0.8 }),
      objective({ name: "Twin", budgetLeft: -0.25, burning: "urgent" }),
      objective({ name: "Unset", total: 0, budgetLeft: 1 }),
    ];
    const view = statusOf([said(fleetView("mainpc"), { objectives }), said(fleetView("pc2"))]);
    expect(statusText(view)).toContain(
      "objectives: 1 of 2 kept, least left is -25 % of the budget of Twin; burning: Twin",
    );
    expect(statusText(statusOf(both()))).not.toContain("objectives");
  });

  it("takes what is in maintenance for well, and shows it", () => {
    const target = "mainpc";
    const work = { target, since: ago(60_000), until: ago(-1_800_000), reason: "new memory", by: "ops" };
    const fleet = { ...ail(kill(fleetView("pc2"), "mainpc"), "healthy", ""), maintenance: [work] };
    const view = statusOf([said({ ...fleet, sync: fleetView().sync })]);
    expect(view.troubles).toEqual([]);
    expect(statusText(view)).toContain("maintenance of mainpc for another 30 min: new memory (ops)");
  });

  it("lets no word of a record steer the terminal or begin a line", () => {
    const odd = "new\u001b[2J\r\n  disk\u009b1m";
    const work = { target: "pc2", since: ago(60_000), until: ago(-1_800_000), reason: odd, by: "ops" };
    const alerts = [{ name: "a", severity: "warning" as const, subject: "pc2", since: ago(1), message: odd }];
    const view = statusOf([said({ ...fleetView(), maintenance: [work] }, { alerts }), silent("http://b\u0007")]);
    const text = statusText(view);
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text).toContain("maintenance of pc2 for another 30 min: new [2J disk 1m (ops)\n");
    expect(text).toContain("\n  - alert a of pc2: new [2J disk 1m\n");
    expect(statusText(statusOf([silent("http://b\u0007")]))).toBe("no hub answers at http://b ");
  });

  it("groups agents that are ill alike, the worst first, and names four of each", () => {
    const names = fleetView()
      .agents.filter(({ machine, isHub }) => machine === "pc2" && !isHub)
      .map(({ name }) => name);
    const slow = ail(fleetView("mainpc"), "degraded", "slow", ...names.slice(0, 1));
    const view = statusOf([said(ail(slow, "unhealthy", "connection refused", ...names.slice(1, 7)))]);
    expect(view.agents.groups.map(({ health, names: of }) => [health, of.length])).toEqual([
      ["unhealthy", 6],
      ["degraded", 1],
    ]);
    expect(statusText(view)).toContain(` and 2 more, 45 s: connection refused`);
  });

  it("shows a dozen groups at most, and how many agents are left", () => {
    const fleet = fleetView("mainpc");
    const ill = fleet.agents
      .slice(0, 15)
      .map((agent, i) => ({ ...agent, health: "unhealthy" as const, reason: `${i}` }));
    const text = statusText(statusOf([said({ ...fleet, agents: [...ill, ...fleet.agents.slice(15)] })]));
    expect(text).toContain("and 3 more agents");
  });

  it("says what the hubs see otherwise", () => {
    const other = said(ail(fleetView("pc2"), "unknown", "", "TutorAgent"), {
      services: [{ ...service, owner: "pc2", epoch: 1, state: "home" }],
    });
    const view = statusOf([said(fleetView("mainpc"), { services: [service] }), other]);
    expect(view.troubles).toEqual([
      "the hub of pc2 says that ServiceRegistry is on pc2 by epoch 1, not on mainpc by 0",
      expect.stringContaining("the hub of pc2 sees otherwise: "),
    ]);
  });

  it("counts how far a migration is, which is no trouble", () => {
    const migration = ["done", "done", "watch"];
    const view = statusOf([said(fleetView("mainpc"), { migration }), said(fleetView("pc2"))]);
    expect(view.exitCode).toBe(0);
    expect(statusText(view)).toContain("migration: 2 of 3 begun are done, 1 watch");
  });
});
