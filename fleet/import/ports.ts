/** Decides on which ports each imported agent stands: what is stated where that is free, the next free one where ours is not. Pure. */
import type { ReservedPort } from "../reserved-ports.ts";
import type { StartupAgent } from "./agent.ts";
import { besideAgents } from "./conventions.ts";
import type { Report } from "./finding.ts";
import { type HealthKind, placeHealth } from "./health.ts";
import { placeHttp } from "./http.ts";
import { nameOfHolder, PortBook } from "./port-book.ts";

/** Where an agent stands, and how it is asked. */
export interface Placement {
  port: number;
  healthPort: number;
  httpPort: number;
  kind: HealthKind;
}

export interface Beside {
  machine: string;
  name: string;
  port: number;
}

export interface Ports {
  /** By id; of agents, not of hubs. */
  placements: ReadonlyMap<string, Placement>;
  /** What the inventory says under `alsoListening`. */
  beside: Beside[];
}

/** @param reserved ports of Tandem's own servers */
export function placePorts(
  agents: readonly StartupAgent[],
  machines: readonly string[],
  reserved: readonly ReservedPort[],
  report: Report,
): Ports {
  const book = new PortBook();
  for (const { machine, port, what } of reserved)
    book.take(machine, port, { what: `Tandem's own (${what})`, id: undefined, place: undefined });
  const beside = besideAgents.filter(
    ({ machine, name, port }) =>
      machines.includes(machine) && !agents.some((agent) => isIt(agent, machine, name, port)),
  );
  for (const { machine, name, port } of beside)
    book.take(machine, port, { what: `the ${name}`, id: undefined, place: undefined });

  const stated = agents.map((agent) => takeStated(agent, book, report));
  const moved = new Map(
    stated.map(({ agent, clashes }) => [agent.id, movePort(agent, clashes.port, machines, book, report)]),
  );
  const withHealth = stated.map(({ agent, clashes }) => {
    const port = moved.get(agent.id) ?? agent.port;
    return { agent, port, health: placeHealth(agent, port, clashes.health, machines, book, report) };
  });
  const placements = new Map(
    withHealth.map(({ agent, port, health }) => {
      const httpPort = placeHttp(agent, port, health, machines, book, report);
      return [agent.id, { port, healthPort: health.port, httpPort, kind: health.kind }];
    }),
  );
  return { placements, beside: [...beside, ...agents.flatMap((agent) => besideOf(agent, placements.get(agent.id)))] };
}

/** Whether an agent is what listens there, by its name: CentralErrorBus is the error bus. */
function isIt(agent: StartupAgent, machine: string, name: string, port: number): boolean {
  const word = name.replaceAll(/\W/g, "").toLowerCase();
  return agent.machine === machine && agent.port === port && agent.name.toLowerCase().includes(word);
}

/** Takes what the file states; which of it somebody else than an agent has. */
function takeStated(agent: StartupAgent, book: PortBook, report: Report) {
  const clashes = { port: false, health: false };
  const take = (port: number, what: string, keys: string[]) => {
    const place = agent.place(...keys);
    const other = book.take(agent.machine, port, { what, id: agent.id, place });
    if (other === undefined || other.id === undefined) return other;
    const message = `port ${port} on ${agent.machine}: ${what} is also ${nameOfHolder(other)}`;
    report.error(place, "port.twice", message, "Give one of them a free port in the startup file", agent.id);
    return undefined;
  };
  clashes.port = take(agent.port, `${agent.name}'s port`, ["port"]) !== undefined;
  if (agent.healthPort !== undefined)
    clashes.health = take(agent.healthPort, `${agent.name}'s health port`, [agent.healthKey]) !== undefined;
  for (const { name, port, place } of agent.extraPorts) {
    if (port === agent.port) continue;
    if (port === agent.healthPort) {
      // What answers by HTTP may serve more than /health there.
      if (agent.healthKind === "http") continue;
      const message = `${agent.id}: extra_ports.${name} ${port} is its health port too, and one socket speaks one protocol`;
      const next = "Find out which of them listens there, and correct the other";
      report.warn(place, "port.shared", message, next, agent.id);
      continue;
    }
    const other = take(port, `${agent.name}'s ${name}`, ["extra_ports", name]);
    if (other === undefined) continue;
    const message = `port ${port} on ${agent.machine}: ${agent.name}'s ${name} is also ${nameOfHolder(other)}`;
    report.error(place, "port.reserved", message, "Give it a free port in the startup file", agent.id);
  }
  return { agent, clashes };
}

/** An agent yields to what is no agent: a bus, or a hub, has more callers to tell. */
function movePort(
  agent: StartupAgent,
  clash: boolean,
  machines: readonly string[],
  book: PortBook,
  report: Report,
): number {
  const { id, name, machine, port } = agent;
  const holder = book.holder(machine, port);
  if (!clash || holder === undefined) return port;
  const free = book.freeFrom(port + 1, machines);
  const message = `port ${port} on ${machine}: ${name} is also ${nameOfHolder(holder)}`;
  if (free === undefined) {
    report.error(agent.place("port"), "port.reserved", message, "Give it a free port in the startup file", id);
    return port;
  }
  book.take(machine, free, { what: `${name}'s port`, id, place: agent.place("port") });
  const next = holder.what.includes("hub")
    ? `Start it on ${free} and tell its callers; if the hub is to replace it, import with --hub ${name}`
    : `Start it on ${free} and tell its callers, or give it another free port`;
  report.warn(agent.place("port"), "port.moved", `${message}; written: ${free}, the next free one`, next, id);
  return free;
}

/** Ports that the inventory has no key for, so that no agent is given them. */
function besideOf(agent: StartupAgent, placement: Placement | undefined): Beside[] {
  const own = new Set([agent.port, agent.healthPort, placement?.httpPort]);
  return agent.extraPorts
    .filter(({ port }) => !own.has(port))
    .map(({ name, port }) => ({ machine: agent.machine, name: `${agent.name} ${name}`, port }));
}
