import { expect, it } from "vitest";
import type { FleetView, MachineView } from "../../../hub/http/api.ts";
import { headlineOf } from "../../../hub/page/headline.ts";
import { ago, ail, fleetView, kill, ledgerView, machineOf } from "./fixture.ts";

const dead = { verdict: "dead", since: ago(12_000), reason: "does not answer" } as const;

function spoil(name: "mainpc" | "pc2", change: (machine: MachineView) => Partial<MachineView>): FleetView {
  const fleet = fleetView();
  const machine = machineOf(fleet, name);
  return { ...fleet, machines: { ...fleet.machines, [name]: { ...machine, ...change(machine) } } };
}

const degraded = (fleet: FleetView, uncopied: number, reason: string): FleetView => ({
  ...fleet,
  sync: { state: "degraded", since: ago(5_000), reason, uncopied, oldestUncopiedMs: 4_600 },
});

const text = (fleet: FleetView) => {
  const { title, details } = headlineOf(fleet);
  return [title, ...details].join(" ");
};

it("two machines, 77 healthy agents and a sync in order make all well, with nothing that ticks in the title", () => {
  const headline = headlineOf(fleetView(), { ledger: ledgerView() });
  expect(headline).toMatchObject({ level: "well", title: "All is well", spoken: "All is well" });
  expect(headline.details.join(" ")).toContain("77 agents");
});

it("claims two copies of every record only while none of them is on the way to its second", () => {
  const told = (pending: number) => headlineOf(fleetView(), { ledger: ledgerView("pc2", pending) }).details.join(" ");
  expect(told(0)).toContain("Every record has two copies");
  expect(told(9)).toContain("9 records on the way to a second copy");
  expect(told(9)).not.toContain("Every record");
});

it("a machine dead for 12 s is told with its time, its age and the 214 records that wait for it", () => {
  const headline = headlineOf(kill(fleetView(), "mainpc"));
  expect(headline.level).toBe("trouble");
  expect(headline.title).toContain("mainpc is dead since 14:03:22 (12 s)");
  expect(headline.spoken).toContain("mainpc is dead since 14:03:22");
  expect(headline.spoken).not.toContain("12 s");
  expect(headline.details.join(" ")).toMatch(/EdgeHub on pc2 goes on.*one copy until mainpc is back.*214 records wait/);
});

it("agents of a dead machine are no news of their own", () => {
  expect(text(ail(kill(fleetView(), "mainpc"), "unhealthy", "no answer", "ServiceRegistry"))).not.toContain(
    "ServiceRegistry",
  );
});

it("a hub that alone is dead is named, with what still answers beside it", () => {
  const fleet = spoil("mainpc", (machine) => ({ hub: { ...machine.hub, ...dead } }));
  expect(headlineOf(fleet).title).toContain("ObservabilityHub on mainpc is dead since 14:03:22 (12 s)");
  expect(text(fleet)).toContain("NATS and Pushgateway there answer");
});

it("a NATS that alone is dead is named on either side, and so is the spool that takes the pushes meanwhile", () => {
  const theirs = spoil("mainpc", (machine) => ({ nats: { ...machine.nats, ...dead } }));
  const told = text({ ...theirs, buffer: { secondsLeft: 7_200 } });
  expect(told).toMatch(/NATS on mainpc is dead since 14:03:22 .*ObservabilityHub keeps pushes in its spool/);
  expect(told).not.toContain("2 h");
  const own = spoil("pc2", (machine) => ({ nats: { ...machine.nats, ...dead } }));
  expect(text(own)).toMatch(/NATS on pc2 is dead since 14:03:22 .*EdgeHub keeps pushes in its spool/);
  expect(text({ ...own, buffer: { secondsLeft: 7_200 } })).toContain("At this rate the spool lasts for 2 h.");
});

it("a link is cut when nothing has come by NATS for 5 s while reports come by HTTP", () => {
  const fleet = spoil("mainpc", () => ({ paths: { udp: 20, tcp: 60, nats: 5_000, http: 60 } }));
  const { level, title } = headlineOf(degraded(fleet, 31, "the NATS link to the peer is cut"));
  expect(level).toBe("trouble");
  expect(title).toMatch(/The NATS link between pc2 and mainpc is cut since 14:03:29 \(5 s\)/);
});

it("an isolated pc2 says that it is cut off itself and claims nothing of mainpc", () => {
  const isolated = { verdict: "isolated", since: ago(12_000), reason: "nothing answers" } as const;
  const fleet = spoil("mainpc", (machine) => ({
    ...isolated,
    hub: { ...machine.hub, ...isolated },
    nats: { ...machine.nats, ...isolated },
    pushgateway: { ...machine.pushgateway, ...isolated },
  }));
  expect(headlineOf(fleet).title).toContain("pc2 is cut off since 14:03:22 (12 s)");
  expect(text(fleet)).not.toContain("mainpc is dead");
});

it("a peer that lags is something to watch, with the reason and the 900 records that wait", () => {
  const headline = headlineOf(degraded(fleetView(), 900, "the peer lags behind"));
  expect(headline.level).toBe("watch");
  expect(headline.title).toContain("the peer lags behind");
  expect(headline.details.join(" ")).toContain("900 records");
});

it("one unhealthy agent is told with its reason, and of 7 the first 5 by name", () => {
  expect(headlineOf(ail(fleetView(), "unhealthy", "no answer in 1 s", "TTSService")).title).toMatch(
    /TTSService on mainpc is unhealthy since 14:02:49 \(45 s\): no answer in 1 s/,
  );
  const mainpc = fleetView().agents.filter(({ machine, isHub }) => machine === "mainpc" && !isHub);
  const seven = mainpc.slice(0, 7).map(({ name }) => name);
  const { level, title } = headlineOf(ail(fleetView(), "unhealthy", "no answer", ...seven));
  expect(level).toBe("trouble");
  expect(title).toContain(`7 agents on mainpc are unhealthy: ${seven.slice(0, 5).join(", ")} and 2 more`);
});

it("what hangs below an unhealthy agent is counted beside it, and is no news of its own", () => {
  const spoiled = ail(
    fleetView(),
    "unhealthy",
    "no answer",
    "SystemDigitalTwin",
    "MemoryClient",
    "NLUAgent",
    "LearningManager",
  );
  const quiet = ["MemoryClient", "NLUAgent", "LearningManager"];
  const agents = spoiled.agents.map((agent) =>
    quiet.includes(agent.name) ? { ...agent, below: "mainpc/SystemDigitalTwin" } : agent,
  );
  expect(headlineOf({ ...spoiled, agents }).title).toMatch(
    /^SystemDigitalTwin on mainpc is unhealthy since .*: no answer; .* and 2 others hang below it$/,
  );
  const second = agents.map((agent) =>
    agent.name === "TTSService" ? { ...agent, health: "unhealthy" as const } : agent,
  );
  expect(headlineOf({ ...spoiled, agents: second }).title).toContain(
    "2 agents on mainpc are unhealthy: SystemDigitalTwin (with 3 below it) and TTSService",
  );
});

it("an agent under maintenance is something to watch, with who works on it until when, however ill it is", () => {
  const maintenance = [
    { target: "mainpc/TTSService", since: ago(60_000), until: ago(-600_000), reason: "new voice", by: "ann" },
  ];
  const fleet = { ...ail(fleetView(), "unhealthy", "no answer", "TTSService"), maintenance };
  expect(headlineOf(fleet)).toMatchObject({
    level: "watch",
    title: "TTSService on mainpc is under maintenance until 14:13:34 by ann: new voice",
  });
});

it("a pair that starts is something to watch until the peer is heard and the other 76 agents were asked", () => {
  const suspect = { verdict: "suspect", since: ago(1_000), reason: "not heard yet" } as const;
  const fleet = spoil("mainpc", (machine) => ({
    ...suspect,
    hub: { ...machine.hub, ...suspect },
    nats: { ...machine.nats, ...suspect },
    pushgateway: { ...machine.pushgateway, ...suspect },
    heardAgoMs: null,
    paths: { udp: null, tcp: null, nats: null, http: null },
  }));
  const starting = ail(fleet, "unknown", "not asked yet", ...fleet.agents.map(({ name }) => name));
  expect(headlineOf(starting).level).toBe("watch");
  expect(text(starting)).toContain("not heard yet");
  expect(text(starting)).toMatch(/76 agents.*not been asked yet/);
});

it("a page that heard no hub for 12 s says so instead of what it heard last", () => {
  const { level, title } = headlineOf(fleetView(), { silentMs: 12_000 });
  expect(level).toBe("trouble");
  expect(title).toBe("No hub has answered this page since 14:03:22 (12 s)");
});

it("a page that is fed by the other hub says so, even while the hubs find all well", () => {
  const lost = { hub: "ObservabilityHub", machine: "mainpc", since: ago(12_000) };
  const { level, title } = headlineOf(fleetView(), { lost });
  expect(level).toBe("watch");
  expect(title).toContain("ObservabilityHub on mainpc does not answer this page since 14:03:22 (12 s)");
});

it("3 missing records outrank an agent that is degraded", () => {
  const { title, details } = headlineOf(ail(fleetView(), "degraded", "slow", "TTSService"), {
    ledger: { ...ledgerView(), missing: 3 },
  });
  expect(title).toContain("3 records are missing");
  expect(details.join(" ")).toContain("TTSService");
});
