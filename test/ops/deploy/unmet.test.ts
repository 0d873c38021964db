import { describe, expect, it } from "vitest";
import type { ServiceJson } from "../../../hub/http/api.ts";
import { baselineOf } from "../../../ops/deploy/baseline.ts";
import { type Seen, unmetOf, type Wanted } from "../../../ops/deploy/unmet.ts";
import type { ContainerFacts } from "../../../ops/doctor/facts.ts";
import * as fixture from "../../hub/page/fixture.ts";
import { service } from "../services/service.ts";

// Read once: each view reads the whole inventory.
const views = { pc2: fixture.fleetView("pc2"), mainpc: fixture.fleetView("mainpc") };
const fleetView = (self: "pc2" | "mainpc" = "pc2") => structuredClone(views[self]);
const { ledgerView } = fixture;

const container = (name: string, change: Partial<ContainerFacts> = {}): ContainerFacts => ({
  name,
  image: "x",
  status: "running",
  health: "healthy",
  restarts: 0,
  outOfMemory: false,
  ...change,
});
const containers = ["nats", "pushgateway", "hub-1a2b"].map((part) => container(`tandem-pc2-${part}`));
const look = (self: "pc2" | "mainpc", services: ServiceJson[] = []) => ({
  fleet: fleetView(self),
  ledger: ledgerView(self),
  services,
});
const seen = (change: Partial<Seen> = {}): Seen => ({
  hub: true,
  pushgateway: true,
  looks: [look("pc2"), look("mainpc")],
  containers,
  ...change,
});
const wanted = ({ before = seen(), ...change }: Partial<Omit<Wanted, "before">> & { before?: Seen } = {}): Wanted => ({
  machine: "pc2",
  isSatellite: false,
  pairWide: true,
  touched: ["hub"],
  inherited: [],
  changed: change.touched ?? ["hub"],
  fresh: change.touched ?? ["hub"],
  before: baselineOf(before, "pc2"),
  ...change,
});
const told = (now: Seen, want: Wanted = wanted()) =>
  unmetOf(now, want).map(({ what, isHopeless }) => `${what}${isHopeless ? " (hopeless)" : ""}`);

/** A view in which one agent of pc2 is ill. */
const ill = (health: "unhealthy" | "degraded" | "healthy") => {
  const fleet = fleetView("pc2");
  const [agent] = fleet.agents.filter(({ machine }) => machine === "pc2");
  if (agent === undefined) throw new RangeError("pc2 has no agent");
  Object.assign(agent, { health, reason: health === "healthy" ? "" : "refused" });
  return { name: agent.name, look: { ...look("pc2"), fleet } };
};

describe("what a machine still lacks after its up", () => {
  it("is nothing when hubs, Pushgateway, containers and agents are well", () => {
    expect(told(seen())).toEqual([]);
  });

  it("is a hub that is not ready, a Pushgateway that is not, and a hub that does not answer", () => {
    const silent = { fleet: undefined, ledger: undefined, services: undefined };
    expect(told(seen({ hub: false, pushgateway: false, looks: [silent, look("mainpc")] }))).toEqual([
      "the hub is not ready",
      "the Pushgateway is not ready",
      "a hub of the pair does not answer",
    ]);
    const hub = { hub: false, hubWhy: "it answers without TLS" };
    expect(told(seen({ ...hub, looks: [{ ...silent, why: "certificate has expired" }, look("mainpc")] }))).toEqual([
      "the hub is not ready: it answers without TLS",
      "a hub of the pair does not answer: certificate has expired",
    ]);
  });

  it("is a pair that is not in sync or misses records, unless this machine is to be well alone", () => {
    const apart = {
      ...look("mainpc"),
      fleet: {
        ...fleetView("mainpc"),
        sync: { ...fleetView().sync, state: "degraded" as const, reason: "9 uncopied" },
      },
    };
    const missing = { ...look("pc2"), ledger: { ...ledgerView("pc2"), missing: 4 } };
    const now = seen({ looks: [missing, apart] });
    expect(told(now)).toEqual(["4 records are missing by pc2's ledger", "mainpc is degraded: 9 uncopied"]);
    expect(told(now, wanted({ pairWide: false }))).toEqual([]);
  });

  it("is a container that is gone, ended or not healthy", () => {
    expect(told(seen({ containers: containers.slice(0, 2) }))).toEqual(["the container of hub is not there"]);
    expect(
      told(seen({ containers: [...containers.slice(0, 2), container("tandem-pc2-hub-1a2b", { health: "starting" })] })),
    ).toEqual(["container tandem-pc2-hub-1a2b is starting"]);
    expect(told(seen({ containers: undefined }))).toEqual(["its containers cannot be asked for"]);
  });

  it("is without hope once a fresh container has ended three times", () => {
    const with2 = (restarts: number, status = "running") =>
      seen({ containers: [...containers, container("Tutor", { restarts, status, health: "" })] });
    const want = wanted({ touched: ["Tutor"] });
    expect(told(with2(1), want)).toEqual(["container Tutor has ended 1 times since it was made"]);
    expect(told(with2(3, "restarting"), want)).toEqual(["container Tutor is restarting (hopeless)"]);
    // One that was brought back may have its restarts from long ago.
    expect(told(with2(3), { ...want, fresh: [] })).toEqual([]);
  });

  it("is one that has ended since the last look, and none that was changed where it stands and ended four times last month", () => {
    const tutor = (restarts: number) => [...containers, container("Tutor", { restarts })];
    const want = wanted({ touched: ["Tutor"], fresh: [] });
    expect(told(seen({ containers: tutor(4) }), want)).toEqual([]);
    expect(told(seen({ containers: tutor(4) }), { ...want, last: tutor(4) })).toEqual([]);
    expect(told(seen({ containers: tutor(5) }), { ...want, last: tutor(4) })).toEqual([
      "container Tutor has ended again",
    ]);
  });

  it("is a container that was well and is gone, unless it was to be replaced or taken away", () => {
    const before = seen({ containers: [...containers, container("Tutor")] });
    expect(told(seen(), wanted({ before }))).toEqual(["container Tutor is gone"]);
    expect(told(seen(), wanted({ before, changed: ["hub", "Tutor"] }))).toEqual([]);
    expect(told(seen({ containers: [] }), wanted({ touched: [] }))).toHaveLength(3);
    // One that drained when it was looked at.
    const drained = seen({ containers: [...containers, container("tandem-pc2-hub-0f0f")] });
    expect(told(seen(), wanted({ before: drained, touched: [] }))).toEqual([]);
  });

  it("does not hold against a deployment what ailed before and was not touched, nor a cold standby that stands still", () => {
    const broken = [
      ...containers,
      container("Other", { status: "exited" }),
      container("Twin-standby", { status: "created" }),
    ];
    const cold = [look("pc2", [service({ mode: "cold" })]), look("mainpc")];
    expect(told(seen({ containers: broken, looks: cold }), wanted({ before: seen({ containers: broken }) }))).toEqual(
      [],
    );
    expect(
      told(
        seen({ containers: broken, looks: cold }),
        wanted({ before: seen({ containers: [...containers, container("Other")] }) }),
      ),
    ).toEqual(["container Other is exited"]);
  });

  it("is an agent that was restarted and is ill, if it was well before", () => {
    const now = ill("unhealthy");
    const touched = [now.name];
    const there = [...containers, container(now.name)];
    const after = seen({ looks: [now.look, look("mainpc")], containers: there });
    expect(told(after, wanted({ touched }))).toEqual([`agent ${now.name} is unhealthy: refused`]);
    expect(told(after, wanted({ touched, before: after }))).toEqual([]);
    expect(told(after, wanted({ touched: [] }))).toEqual([]);
  });

  it("is what an unfinished deployment has brought and the engine has nothing left to do with, as long as it is ill", () => {
    const now = ill("unhealthy");
    const crashing = [...containers, container(now.name, { status: "restarting" })];
    const after = seen({ looks: [now.look, look("mainpc")], containers: crashing });
    const want = wanted({ touched: [], inherited: [now.name, "never-made"] });
    expect(told(after, want)).toEqual([
      `container ${now.name} is restarting`,
      `agent ${now.name} is unhealthy: refused`,
    ]);
    // One that is mended from outside keeps the count of its restarts.
    expect(told(seen({ containers: [...containers, container(now.name, { restarts: 500 })] }), want)).toEqual([]);
  });

  it("is no agent that was never known to answer better, nor a new one that answers at all", () => {
    const now = ill("degraded");
    const touched = [now.name];
    const after = seen({ looks: [now.look, look("mainpc")], containers: [...containers, container(now.name)] });
    expect(told(after, wanted({ touched }))).toEqual([`agent ${now.name} is degraded: refused`]);
    const nobody = { ...look("pc2"), fleet: { ...fleetView("pc2"), agents: [] } };
    expect(told(after, wanted({ touched, before: seen({ looks: [nobody, look("mainpc")] }) }))).toEqual([]);
  });

  it("is a service that nobody acts for, if somebody did before", () => {
    const held = [service({ state: "held", reason: "no witness answers" })];
    const now = seen({ looks: [look("pc2", held), look("mainpc", held)] });
    expect(told(now)).toEqual(["nobody acts for service Twin: no witness answers"]);
    expect(told(now, wanted({ before: now }))).toEqual([]);
  });

  it("of a satellite whose agents were touched is a look of a hub, which nobody else has of them", () => {
    const silent = { fleet: undefined, ledger: undefined, services: undefined, why: "certificate has expired" };
    const parts = [...containers, container("Archive"), container("tandem-pc2-prometheus")];
    const now = seen({ containers: parts, looks: [silent, silent] });
    const touching = (...touched: string[]) => wanted({ isSatellite: true, pairWide: false, touched, before: now });
    expect(told(now, touching("Archive"))).toEqual(["no hub of the pair answers: certificate has expired"]);
    for (const untouched of [touching(), touching("prometheus")]) expect(told(now, untouched)).toEqual([]);
    expect(told({ ...now, looks: [silent, look("mainpc")] }, touching("Archive"))).toEqual([]);
  });

  it("of a satellite is its containers and agents alone", () => {
    const now = seen({ hub: false, pushgateway: false, containers: [] });
    expect(told(now, wanted({ isSatellite: true, pairWide: false, touched: [], before: now }))).toEqual([]);
  });
});
