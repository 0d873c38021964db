import { describe, expect, it } from "vitest";
import { hubConfig, refuseUnreadable, renderHubConfig } from "../../components/hub-config.ts";
import { Agent, type Fleet, Inventory, type PlacedAgent } from "../../fleet/model.ts";
import { HubConfig, type MachineConfig } from "../../hub/config.ts";

const mainpc = machine("mainpc", "192.0.2.10", 9000);
const pc2 = machine("pc2", "192.0.2.20", 9100);
const fleet: Fleet = {
  inventories: [],
  batches: [],
  agents: [
    agent("mainpc", "Planner", { kind: "zmq", request: "health_check" }),
    agent("mainpc", "ObservabilityHub", { kind: "http" }, { isHub: true }),
    agent("pc2", "Tutor", { kind: "http", path: "/ready", intervalMs: 500 }, { needs: ["mainpc/Planner"] }),
    agent("pc2", "Store", { kind: "tcp", deadlineMs: 200 }),
    agent("pc2", "EdgeHub", { kind: "http", path: "/health" }, { isHub: true }),
  ],
};

describe("hubConfig", () => {
  it("is a configuration that the hub accepts, with all 5 agents in the fleet's order", () => {
    const config = HubConfig.parse(hubConfig({ machine: mainpc, peer: pc2, fleet }));
    expect(config.agents.map((entry) => entry.name)).toEqual([
      "Planner",
      "ObservabilityHub",
      "Tutor",
      "Store",
      "EdgeHub",
    ]);
    expect(config.machine.hub).toEqual({ host: "192.0.2.10", port: 9000 });
  });

  it("asks own agents on 127.0.0.1 and the peer's at the peer's address, each at the port of its kind", () => {
    expect(addresses({ machine: mainpc, peer: pc2, fleet })).toEqual({
      Planner: "zmq 127.0.0.1:18000",
      ObservabilityHub: "http 192.0.2.10:9000/livez",
      Tutor: "http 192.0.2.20:28000/ready",
      Store: "tcp 192.0.2.20:18000",
      EdgeHub: "http 192.0.2.20:9100/health",
    });
  });

  it("on pc2 the same agents are reached the other way round", () => {
    expect(addresses({ machine: pc2, peer: mainpc, fleet })).toMatchObject({
      Planner: "zmq 192.0.2.10:18000",
      Store: "tcp 127.0.0.1:18000",
    });
  });

  it("ports shifted by 500 and hosts of one computer move agents, and leave hubs where their machine's entry says", () => {
    const shifted = { agentHost: () => "127.0.0.1", portOf: (_: string, port: number) => port + 500 };
    expect(addresses({ machine: mainpc, peer: pc2, fleet, ...shifted })).toMatchObject({
      Planner: "zmq 127.0.0.1:18500",
      Tutor: "http 127.0.0.1:28500/ready",
      EdgeHub: "http 192.0.2.20:9100/health",
    });
  });

  it("names the other router's port where that was shifted by 10,000, and none where both have the same", () => {
    const standby = { port: 12_000, healthPort: 12_001, httpPort: 12_002 };
    const routed = { ...fleet, agents: [agent("mainpc", "Planner", { kind: "zmq" }, { standby, route: 11_000 })] };
    const pair = { gpu: "none", failover: "optional", agents: [] };
    const inventories = ["mainpc", "pc2"].map((machine) => Inventory.parse({ machine, ...pair }));
    const args = { machine: mainpc, peer: pc2, fleet: { ...routed, inventories } };
    const routes = (change: Partial<Parameters<typeof hubConfig>[0]>) =>
      HubConfig.parse(hubConfig({ ...args, ...change })).services.map(({ route, peerRoute }) => [route, peerRoute]);
    expect(routes({})).toEqual([[11_000, undefined]]);
    const portOf = (machine: string, port: number) => (machine === "pc2" ? port + 10_000 : port);
    expect(routes({ portOf })).toEqual([[11_000, 21_000]]);
  });

  it("refuses a promise about a service that has no route, and names those that have", () => {
    const tuning = { objectives: { services: { Plannr: { target: 0.99 } } } };
    expect(() => hubConfig({ machine: mainpc, peer: pc2, fleet, tuning })).toThrow("objectives.services names Plannr");
  });

  it("keeps what an agent says of itself: words to ask with, 500 ms interval, 200 ms deadline, needs", () => {
    const { agents } = HubConfig.parse(hubConfig({ machine: mainpc, peer: pc2, fleet }));
    expect(agents[0]?.probe).toMatchObject({ request: "health_check" });
    expect(agents[2]).toMatchObject({ intervalMs: 500, needs: ["mainpc/Planner"], group: "test" });
    expect(agents[3]).toMatchObject({ intervalMs: 2_000, deadlineMs: 200 });
  });

  it("has each agent scraped at its HTTP port, wherever its health is asked, as its inventory says, and no hub", () => {
    const agents = [
      ...fleet.agents,
      agent("pc2", "Slow", { kind: "zmq" }, { metrics: { path: "/stats", intervalMs: 60_000 } }),
      agent("pc2", "Quiet", { kind: "zmq" }, { metrics: { scraped: false } }),
    ];
    const config = HubConfig.parse(hubConfig({ machine: mainpc, peer: pc2, fleet: { ...fleet, agents } }));
    const often = { path: "/metrics", intervalMs: 15_000, deadlineMs: 5_000 };
    expect(Object.fromEntries(config.agents.map(({ name, scrape }) => [name, scrape]))).toEqual({
      Planner: { host: "127.0.0.1", port: 28_000, ...often },
      ObservabilityHub: undefined,
      Tutor: { host: "192.0.2.20", port: 28_000, ...often },
      Store: { host: "192.0.2.20", port: 28_000, ...often },
      EdgeHub: undefined,
      Slow: { host: "192.0.2.20", port: 28_000, path: "/stats", intervalMs: 60_000, deadlineMs: 5_000 },
      Quiet: undefined,
    });
  });

  it("takes limits that differ from the hub's own", () => {
    const config = hubConfig({ machine: mainpc, peer: pc2, fleet, tuning: { peerAckDeadlineMs: 90 } });
    expect(HubConfig.parse(config).peerAckDeadlineMs).toBe(90);
  });

  it("refuses an agent of a third machine by name", () => {
    const strays = { ...fleet, agents: [agent("nas", "Backup", { kind: "tcp" })] };
    expect(() => hubConfig({ machine: mainpc, peer: pc2, fleet: strays })).toThrow(
      "Agent nas/Backup stands on nas, but the pair is mainpc and pc2",
    );
  });
});

describe("hubConfig of a fleet with a satellite", () => {
  const nas = { machine: "nas", watchedBy: "pc2", gpu: "none", failover: "optional", agents: [] };
  const inventories = [Inventory.parse(nas)];
  const wider = { ...fleet, inventories, agents: [...fleet.agents, agent("nas", "Archive", { kind: "tcp" })] };
  const satellites = { nas: "192.0.2.30" };

  it.each([
    [mainpc, pc2],
    [pc2, mainpc],
  ])("on either machine knows it, its home hub, and its agents at its own address", (own, peer) => {
    const args = { machine: own, peer, fleet: wider, satellites };
    expect(HubConfig.parse(hubConfig(args)).satellites).toEqual([{ name: "nas", watchedBy: "pc2" }]);
    expect(addresses(args)).toMatchObject({ Archive: "tcp 192.0.2.30:18000" });
  });

  it("leaves the file of a site without one as it was", () => {
    expect(Object.keys(hubConfig({ machine: mainpc, peer: pc2, fleet }))).not.toContain("satellites");
  });

  it.each([
    [
      "a satellite without an address",
      { satellites: {} },
      /fleet\/nas\.yaml describes a satellite whose address the stack of mainpc/,
    ],
    [
      "an address without a satellite",
      { fleet },
      /has a satellite nas, but fleet\/ has no inventory of one \(none at all\)/,
    ],
    [
      "a hub of a third machine that watches",
      { fleet: { ...wider, inventories: [Inventory.parse({ ...nas, watchedBy: "box" })] } },
      /nas is watched by box, but the pair is mainpc and pc2/,
    ],
  ])("refuses %s", (_, more, message) => {
    expect(() => hubConfig({ machine: mainpc, peer: pc2, fleet: wider, satellites, ...more })).toThrow(message);
  });
});

it("a text that a hub would not start by is refused with its keys, and one that it would is not", () => {
  const text = (port: number) =>
    renderHubConfig(hubConfig({ machine: mainpc, peer: pc2, fleet, references: [{ host: "192.0.2.1", port }] }));
  expect(() => refuseUnreadable("mainpc", text(65_535))).not.toThrow();
  expect(() => refuseUnreadable("mainpc", text(99_999))).toThrow(
    /^the hub of mainpc would not start by its configuration:\nreferences\.0\.port: /,
  );
});

it("the rendered configuration is the same bytes for the same fleet and one line for a changed port", () => {
  const render = (args: Partial<Parameters<typeof hubConfig>[0]>) =>
    renderHubConfig(hubConfig({ machine: mainpc, peer: pc2, fleet, ...args }));
  expect(render({})).toBe(render({}));
  const moved = render({ portOf: (machine, port) => (machine === "mainpc" && port === 28_000 ? 28_001 : port) });
  const before = render({}).split("\n");
  expect(moved.split("\n").filter((line, index) => line !== before[index])).toEqual(['        "port": 28001,']);
});

function addresses(args: Parameters<typeof hubConfig>[0]): Record<string, string> {
  const { agents } = HubConfig.parse(hubConfig(args));
  return Object.fromEntries(
    agents.map(({ name, probe }) => {
      const path = probe.kind === "http" ? probe.path : "";
      return [name, `${probe.kind} ${probe.host}:${probe.port}${path}`];
    }),
  );
}

function machine(name: string, host: string, hubPort: number): MachineConfig {
  const at = (port: number) => ({ host, port });
  return {
    name,
    hubName: "Hub",
    hub: at(hubPort),
    nats: at(4222),
    monitoring: at(8222),
    pushgateway: at(9091),
    beats: at(7423),
  };
}

function agent(on: string, name: string, health: object, more: object = {}): PlacedAgent {
  const ports = { port: 8_000, healthPort: 18_000, httpPort: 28_000 };
  const parsed = Agent.parse({ name, group: "test", ...ports, health, required: true, ...more });
  return { ...parsed, machine: on, id: `${on}/${name}` };
}
