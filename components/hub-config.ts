/** Turns a fleet and the addresses of its machines into one hub's configuration. */
import { peerOf, type Satellite, satellitesOf } from "../fleet/machines.ts";
import type { Fleet, PlacedAgent } from "../fleet/model.ts";
import { HubConfig, type HubConfigInput, type MachineConfig } from "../hub/config.ts";
import { OperatorError } from "../ops/error.ts";

export interface HubConfigArgs {
  /** This hub's machine; its hub address is what the hub binds. */
  machine: MachineConfig;
  /** The other machine, as this hub reaches it. */
  peer: MachineConfig;
  /** All machines' agents; its satellites are those of the configuration. */
  fleet: Fleet;
  /** Addresses of the satellites by name. @default none, for a fleet that has none */
  satellites?: Record<string, string>;
  /** Address of a machine's agents as this hub reaches them. @default 127.0.0.1 for its own, a satellite's or the peer's hub's else */
  agentHost?: (machine: string) => string;
  /** Port that an agent's port has become, where ports are shifted. @default the same */
  portOf?: (machine: string, port: number) => number;
  /** Addresses tried when the peer is silent, to tell a dead peer from an isolated self. @default none */
  references?: HubConfigInput["references"];
  /** Limits and deadlines that differ from the hub's own defaults. */
  tuning?: Partial<Omit<HubConfigInput, "v" | "machine" | "peer" | "satellites" | "agents" | "references">>;
}

type AgentInput = HubConfigInput["agents"][number];
type ServiceInput = NonNullable<HubConfigInput["services"]>[number];

/** The configuration of one hub; agents keep the fleet's order. */
export function hubConfig(args: HubConfigArgs): HubConfigInput {
  const satellites = satellitesOf(args.fleet);
  refuseStrangers(args, satellites);
  refuseUnknownObjectives(args);
  return {
    v: 1,
    machine: args.machine,
    peer: args.peer,
    // Left out where there is none, so that a site without satellites keeps its file as it was.
    ...(satellites.length === 0 ? {} : { satellites }),
    references: args.references ?? [],
    ...args.tuning,
    services: args.fleet.agents.flatMap((agent) => serviceConfig(agent, args)),
    agents: args.fleet.agents.map((agent) => agentConfig(agent, args)),
  };
}

/** An agent that has a standby on the peer. */
function serviceConfig(agent: PlacedAgent, args: HubConfigArgs): ServiceInput[] {
  const { standby: at, mode = "notify", singleWriter, route } = agent;
  const standby = peerOf(agent.machine, args.fleet);
  if (at === undefined || standby === undefined) return [];
  const place = (machine: string, ports: typeof at) => {
    const placed = { ...agent, ...ports, machine };
    return { ...agentAddress(placed, placed.port, args), probe: agentProbe(placed, args) };
  };
  return [
    {
      name: agent.name,
      home: agent.machine,
      standby,
      mode,
      // What nobody has thought about is not to run twice.
      singleWriter: singleWriter?.value ?? true,
      instances: { [agent.machine]: place(agent.machine, agent), [standby]: place(standby, at) },
      ...(route === undefined ? {} : routesOf(route, args)),
    },
  ];
}

/** Both machines' routers have the same port, unless one was shifted. */
function routesOf(port: number, { machine, peer, portOf }: HubConfigArgs): Pick<ServiceInput, "route" | "peerRoute"> {
  const at = (name: string) => portOf?.(name, port) ?? port;
  const [route, peerRoute] = [at(machine.name), at(peer.name)];
  return { route, ...(peerRoute === route ? {} : { peerRoute }) };
}

function refuseStrangers({ machine, peer, fleet, satellites = {} }: HubConfigArgs, inventoried: Satellite[]): void {
  const pair = [machine.name, peer.name];
  const names = inventoried.map(({ name }) => name);
  const stray = fleet.agents.find((agent) => !pair.includes(agent.machine) && !names.includes(agent.machine));
  if (stray !== undefined) {
    throw new OperatorError(
      "fleet.machine-unknown",
      `Agent ${stray.id} stands on ${stray.machine}, but the pair is ${pair.join(" and ")}`,
      "Name the machines alike in fleet/ and in the configuration (machine.name, peer.name)",
    );
  }
  const lost = inventoried.find(({ watchedBy }) => !pair.includes(watchedBy));
  if (lost !== undefined) {
    throw new OperatorError(
      "fleet.machine-unknown",
      `${lost.name} is watched by ${lost.watchedBy}, but the pair is ${pair.join(" and ")}`,
      "Name the machines alike in fleet/ and in the configuration (machine.name, peer.name)",
    );
  }
  const unset = names.find((name) => satellites[name] === undefined);
  if (unset !== undefined) {
    throw new OperatorError(
      "fleet.satellite-unknown",
      `fleet/${unset}.yaml describes a satellite whose address the stack of ${machine.name} does not know`,
      `Set it in both stacks of the pair, as in: pulumi config set -s ${machine.name} --path 'satellites[0].name' ${unset}, and satellites[0].address`,
    );
  }
  const extra = Object.keys(satellites).find((name) => !names.includes(name));
  if (extra === undefined) return;
  throw new OperatorError(
    "fleet.satellite-unknown",
    `The stack of ${machine.name} has a satellite ${extra}, but fleet/ has no inventory of one (${names.join(", ") || "none at all"})`,
    `Write fleet/${extra}.yaml with watchedBy: ${machine.name} or ${peer.name}, or take it out of satellites`,
  );
}

/** A name that is mistyped would promise nothing. */
function refuseUnknownObjectives({ fleet, tuning }: HubConfigArgs): void {
  const routed = fleet.agents.flatMap(({ name, route }) => (route === undefined ? [] : [name]));
  const unknown = Object.keys(tuning?.objectives?.services ?? {}).find((name) => !routed.includes(name));
  if (unknown === undefined) return;
  throw new OperatorError(
    "objectives.service-unknown",
    `objectives.services names ${unknown}, which is no service with a route in fleet/`,
    routed.length === 0 ? "Take it out of objectives.services" : `Name one of ${routed.join(", ")}`,
  );
}

/** The file's text: two spaces of indent, so that a preview shows a changed agent as its own lines. */
export function renderHubConfig(config: HubConfigInput): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * Holds a file's text against what the hub reads, so that it is refused before it takes the place of one that a hub runs by.
 *
 * @throws OperatorError for what a hub would end with at its start
 */
export function refuseUnreadable(machine: string, text: string): void {
  const { error } = HubConfig.safeParse(JSON.parse(text));
  if (error === undefined) return;
  const problems = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new OperatorError(
    "hub.config",
    `the hub of ${machine} would not start by its configuration:\n${problems.join("\n")}`,
    "Correct the key of the stack, or the entry of fleet/, that this comes from (docs/pulumi.md lists every key)",
  );
}

function agentConfig(agent: PlacedAgent, args: HubConfigArgs): AgentInput {
  return {
    name: agent.name,
    machine: agent.machine,
    group: agent.group,
    isHub: agent.isHub,
    probe: agent.isHub ? hubProbe(agent, args) : agentProbe(agent, args),
    intervalMs: agent.health.intervalMs,
    deadlineMs: agent.health.deadlineMs,
    ...agentScrape(agent, args),
    needs: agent.needs,
  };
}

/** A hub serves the whole fleet's metrics: scraped into themselves they would never be right. */
function agentScrape(agent: PlacedAgent, args: HubConfigArgs): Pick<AgentInput, "scrape"> {
  const { scraped, ...spec } = agent.metrics;
  return agent.isHub || !scraped ? {} : { scrape: { ...agentAddress(agent, agent.httpPort, args), ...spec } };
}

function agentAddress(agent: PlacedAgent, port: number, args: HubConfigArgs): { host: string; port: number } {
  const host = args.agentHost?.(agent.machine) ?? hostOf(agent.machine, args);
  return { host, port: args.portOf?.(agent.machine, port) ?? port };
}

/** A hub answers where its machine's entry says, whatever port the inventory remembers. */
function hubProbe(agent: PlacedAgent, args: HubConfigArgs): AgentInput["probe"] {
  const { name, hub } = agent.machine === args.machine.name ? args.machine : args.peer;
  const caFile = args.tuning?.tls?.caFile;
  const tls = caFile === undefined ? {} : { tls: { caFile, machine: name } };
  return { kind: "http", ...hub, path: agent.health.path ?? "/livez", ...tls };
}

function hostOf(machine: string, args: HubConfigArgs): string {
  return machine === args.machine.name ? "127.0.0.1" : (args.satellites?.[machine] ?? args.peer.hub.host);
}

function agentProbe(agent: PlacedAgent, args: HubConfigArgs): AgentInput["probe"] {
  const at = (port: number) => agentAddress(agent, port, args);
  const { kind, request, path } = agent.health;
  switch (kind) {
    case "zmq":
      return { kind, ...at(agent.healthPort), ...(request === undefined ? {} : { request }) };
    case "http":
      return { kind, ...at(agent.httpPort), ...(path === undefined ? {} : { path }) };
    case "tcp":
      return { kind, ...at(agent.healthPort) };
  }
}
