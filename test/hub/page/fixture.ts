/** The fleet's 77 agents as a hub would show them, well by default, to be spoiled by a test. */
import { requireFleet } from "../../../fleet/load.ts";
import type { AgentView, FleetView, LedgerView, MachineView, SatelliteView } from "../../../hub/http/api.ts";

/** By the clock on the wall where the test runs, so that `14:03:34` is told in any time zone. */
const now = new Date(2026, 4, 12, 14, 3, 34);
export const ago = (ms: number): string => new Date(now.getTime() - ms).toISOString();
const hour = 3_600_000;
const names = ["mainpc", "pc2"] as const;
type Name = (typeof names)[number];

/** @param self machine whose hub answers */
export function fleetView(self: Name = "pc2", hubs: Partial<Record<Name, string>> = {}): FleetView {
  const agents = requireFleet().agents.map(
    ({ name, machine, group, isHub, healthPort, health }, at): AgentView => ({
      name,
      machine,
      group,
      isHub,
      health: "healthy",
      since: ago(2 * hour + at * 1_000),
      ageMs: 400 + ((at * 37) % 1_600),
      reason: "",
      observedBy: machine,
      latencyMs: 0.6 + ((at * 13) % 40) / 10,
      probe: { kind: health.kind, address: `127.0.0.1:${healthPort}` },
    }),
  );
  return {
    machine: self,
    hub: hubNames[self],
    version: "0.1.0",
    incarnation: "0mb1zx4k7-a1b2c3",
    now: now.toISOString(),
    sync: { state: "in-sync", since: ago(2 * hour), reason: "", uncopied: 0, oldestUncopiedMs: null },
    machines: { mainpc: machineView("mainpc", self, hubs), pc2: machineView("pc2", self, hubs) },
    satellites: {},
    agents,
    maintenance: [],
    totals: { healthy: agents.length, degraded: 0, unhealthy: 0, unknown: 0 },
    metrics: { groups: 75, series: 1_240 },
  };
}

const hubNames: Record<Name, string> = { mainpc: "ObservabilityHub", pc2: "EdgeHub" };

function machineView(name: Name, self: Name, hubs: Partial<Record<Name, string>>): MachineView {
  const own = name === self;
  const ports = name === "mainpc" ? [9000, 4222, 9091] : [9100, 4223, 9191];
  const alive = { verdict: "alive", since: ago(2 * hour), reason: "" } as const;
  return {
    ...alive,
    self: own,
    hub: { name: hubNames[name], url: hubs[name] ?? `http://127.0.0.1:${ports[0]}`, ...alive },
    nats: { url: `nats://127.0.0.1:${ports[1]}`, ...alive },
    pushgateway: { url: `http://127.0.0.1:${ports[2]}`, ...alive },
    heardAgoMs: own ? null : 38,
    paths: own ? { udp: null, tcp: null, nats: null, http: null } : { udp: 38, tcp: 52, nats: 53, http: 71 },
    lagMs: own ? 4 : 11,
  };
}

/** With a satellite of two agents that pc2's hub asks; `change` spoils it. */
export function withSatellite(fleet: FleetView, change: Partial<SatelliteView> = {}): FleetView {
  const satellite: SatelliteView = {
    verdict: "alive",
    since: ago(2 * hour),
    reason: "",
    watchedBy: "pc2",
    askedBy: "pc2",
    ...change,
  };
  const [sample] = fleet.agents;
  if (sample === undefined) throw new Error("no agent to take after");
  const silent =
    satellite.verdict === "alive" ? {} : ({ health: "unhealthy", reason: "no answer", latencyMs: null } as const);
  const more = ["Archive", "Thumbs"].map((name) => ({
    ...sample,
    ...silent,
    name,
    machine: "nas",
    group: "storage",
    observedBy: satellite.askedBy,
  }));
  const agents = [...fleet.agents, ...more];
  return { ...fleet, satellites: { nas: satellite }, agents, totals: totalsOf(agents) };
}

/** `name`, of the fleet's machines. @throws Error when the fleet does not hold it */
export function machineOf(fleet: FleetView, name: Name): MachineView {
  const machine = fleet.machines[name];
  if (machine === undefined) throw new Error(`no machine ${name}`);
  return machine;
}

/** Hub, NATS and Pushgateway of a machine fell silent 12 s ago. */
export function kill(fleet: FleetView, name: Name, silentMs = 12_000): FleetView {
  const machine = machineOf(fleet, name);
  const dead = { verdict: "dead", since: ago(silentMs), reason: "does not answer" } as const;
  const parts = {
    hub: { ...machine.hub, ...dead },
    nats: { ...machine.nats, ...dead },
    pushgateway: { ...machine.pushgateway, ...dead },
  };
  const reason = "hub, NATS and Pushgateway do not answer";
  const heard = {
    heardAgoMs: silentMs,
    paths: { udp: silentMs, tcp: silentMs + 20, nats: silentMs + 20, http: silentMs + 30 },
  };
  const sync = { state: "degraded", since: ago(silentMs), reason: "the peer's hub does not answer" } as const;
  const agents = agentsOfDead(fleet, name, silentMs);
  return {
    ...fleet,
    machines: { ...fleet.machines, [name]: { ...machine, ...dead, ...parts, ...heard, reason } },
    sync: { ...sync, uncopied: 214, oldestUncopiedMs: silentMs - 400 },
    agents,
    totals: totalsOf(agents),
  };
}

/** They live on, asked by the other hub; only the dead hub, an agent itself, does not answer. */
function agentsOfDead(fleet: FleetView, name: Name, silentMs: number): AgentView[] {
  const gone = { health: "unhealthy", since: ago(silentMs), reason: "connection refused", latencyMs: null } as const;
  return fleet.agents.map((agent) => {
    if (agent.machine !== name) return agent;
    return { ...agent, observedBy: fleet.machine, ...(agent.isHub ? gone : {}) };
  });
}

/** Turns the health of the agents that are named. */
export function ail(fleet: FleetView, health: AgentView["health"], reason: string, ...ailing: string[]): FleetView {
  const agents = fleet.agents.map((agent) =>
    ailing.includes(agent.name) ? { ...agent, health, reason, since: ago(45_000) } : agent,
  );
  return { ...fleet, agents, totals: totalsOf(agents) };
}

function totalsOf(agents: AgentView[]): FleetView["totals"] {
  const totals = { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 };
  for (const agent of agents) totals[agent.health]++;
  return totals;
}

export function ledgerView(machine: Name = "pc2", pending = 0): LedgerView {
  const lines = names.flatMap((origin) =>
    (["metrics", "health", "alerts"] as const).map((stream) => {
      const stored = { metrics: 184_212, health: 311, alerts: 4 }[stream];
      const waits = stream === "metrics" && origin === machine ? pending : 0;
      const oldestSingleCopyMs = waits === 0 ? null : 11_600;
      return {
        origin,
        stream,
        stored,
        copied: stored - waits,
        pending: waits,
        missing: 0,
        duplicates: 0,
        spooled: 0,
        oldestSingleCopyMs,
      };
    }),
  );
  return {
    machine,
    now: now.toISOString(),
    missing: 0,
    duplicates: 0,
    pending,
    spooled: 0,
    copies: pending === 0 ? 2 : 1,
    lines,
    clients: [],
    clientTotals: { clients: 0, missing: 0, duplicates: 0, forgotten: 0 },
    unnumbered: {},
  };
}
