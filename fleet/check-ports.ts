/** Checks that no two things of one machine listen on one port: agents, standbys, routes, and Tandem's own servers. Pure. */
import { countOf, errorAt, type Finding, noteAt, type Place, type Places } from "./finding.ts";
import { peerOf } from "./machines.ts";
import type { Fleet, Inventory, PlacedAgent } from "./model.ts";
import type { ReservedPort } from "./reserved-ports.ts";

interface Claim {
  machine: string;
  port: number;
  /** For people: `TTSService's health port`. */
  what: string;
  /** Where it is stated; undefined for a server of ours. */
  place: Place | undefined;
  /** The stack's key that sets a server's port. */
  key?: string | undefined;
}

const serverNames = {
  hub: "the hub",
  nats: "NATS",
  monitoring: "NATS's monitoring",
  leaf: "NATS's leaf link",
  beats: "the hubs' beats",
  pushgateway: "the Pushgateway",
  prometheus: "Prometheus",
  grafana: "Grafana",
};

export function checkPorts(fleet: Fleet, places: Places, reserved: readonly ReservedPort[]): Finding[] {
  const first = new Map<string, Claim>();
  const findings = fleet.agents.filter((agent) => agent.isHub).flatMap((agent) => checkHub(agent, places, reserved));
  for (const claim of [
    ...reserved.map(({ what, ...at }): Claim => ({ ...at, what: serverNames[what], place: undefined })),
    ...otherClaims(fleet, places),
    ...fleet.agents.flatMap((agent) => agentClaims(agent, fleet, places)),
  ]) {
    const key = `${claim.machine}:${claim.port}`;
    const holder = first.get(key);
    if (holder === undefined) first.set(key, claim);
    else if (claim.place !== undefined) findings.push(clash(claim, claim.place, holder));
  }
  return [...findings, ...fleet.inventories.flatMap((inventory) => noteHttpPorts(inventory, places))];
}

function clash({ machine, port, what }: Claim, place: Place, holder: Claim): Finding {
  const where = holder.place === undefined ? "" : ` (${holder.place.file}:${holder.place.line})`;
  const by = holder.key === undefined ? where : ` (the stack's ${holder.key})`;
  const message = `port ${port} on ${machine}: ${what} is also ${holder.what}${by}`;
  return errorAt(place, "port.clash", message, "Give one of them a free port");
}

/** Agents serve HTTP on health + 1 unless they are told otherwise; whoever starts them has to know which to tell. */
function noteHttpPorts({ machine, agents }: Inventory, places: Places): Finding[] {
  const moved = agents.filter(({ isHub, health, port, healthPort, httpPort }) => {
    const oneSocket = health.kind === "http" && httpPort === healthPort;
    const noHealthPort = health.kind === "tcp" && healthPort === port;
    return !isHub && !oneSocket && !noHealthPort && httpPort !== healthPort + 1;
  });
  if (moved.length === 0) return [];
  const [have, are] = moved.length === 1 ? ["has", "is"] : ["have", "are"];
  const message = `${countOf(moved.length, "agent")} of ${machine} ${have} another httpPort than health + 1 and ${are} to be started with it`;
  return [noteAt(places.machine(machine), "port.http", message)];
}

/**
 * An entry that stands for the hub itself has the hub's port and no other. A port that a stack sets is not held against it:
 * the hubs are then probed where the stack says, and the inventory still fits the defaults.
 */
function checkHub(agent: PlacedAgent, places: Places, reserved: readonly ReservedPort[]): Finding[] {
  const hub = reserved.find(({ machine, what }) => machine === agent.machine && what === "hub");
  return (["port", "healthPort", "httpPort"] as const).flatMap((key) => {
    if (hub === undefined || hub.key !== undefined || agent[key] === hub.port) return [];
    const message = `${agent.id} is the hub, which listens on ${hub.port}, but states ${key} ${agent[key]}`;
    return errorAt(places.agent(agent, key), "port.hub", message, `Write ${hub.port}`);
  });
}

function otherClaims(fleet: Fleet, places: Places): Claim[] {
  return fleet.inventories.flatMap(({ machine, alsoListening }) =>
    alsoListening.map(({ name, port }, index) => {
      const place = places.machine(machine, "alsoListening", index);
      return { machine, port, what: `the ${name}`, place };
    }),
  );
}

function agentClaims(agent: PlacedAgent, fleet: Fleet, places: Places): Claim[] {
  if (agent.isHub) return [];
  const peer = peerOf(agent.machine, fleet);
  const at = (...keys: string[]) => places.agent(agent, ...keys);
  const claims: Claim[] = [{ machine: agent.machine, port: agent.port, what: agent.name, place: at("port") }];
  const add = (machine: string, port: number, what: string, place: Place) =>
    claims.push({ machine, port, what, place });
  // An agent that answers nothing about its health is well while its service accepts.
  const serviceAccepts = (of: { port: number; healthPort: number }) =>
    agent.health.kind === "tcp" && of.healthPort === of.port;
  if (!serviceAccepts(agent)) add(agent.machine, agent.healthPort, `${agent.name}'s health port`, at("healthPort"));
  // An agent whose health is asked by HTTP may answer all of it on one socket.
  const oneSocket = (of: { healthPort: number; httpPort: number }) =>
    agent.health.kind === "http" && of.healthPort === of.httpPort;
  if (!oneSocket(agent)) add(agent.machine, agent.httpPort, `${agent.name}'s HTTP port`, at("httpPort"));
  // A satellite's agent has neither; one that states them is told so by the check of standbys.
  if (peer === undefined) return claims;
  const { standby, route } = agent;
  if (standby !== undefined) {
    add(peer, standby.port, `${agent.name}'s standby`, at("standby", "port"));
    if (!serviceAccepts(standby))
      add(peer, standby.healthPort, `${agent.name}'s standby's health port`, at("standby", "healthPort"));
    if (!oneSocket(standby))
      add(peer, standby.httpPort, `${agent.name}'s standby's HTTP port`, at("standby", "httpPort"));
  }
  // Each hub carries clients to the active instance, so a route is a port on both machines.
  if (route !== undefined)
    for (const machine of [agent.machine, peer]) add(machine, route, `${agent.name}'s route`, at("route"));
  return claims;
}
