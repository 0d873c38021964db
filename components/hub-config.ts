/** Turns a fleet and the addresses of both machines into one hub's configuration. */
import type { Fleet, PlacedAgent } from "../fleet/model.ts";
import type { HubConfigInput, MachineConfig } from "../hub/config.ts";
import { OperatorError } from "../ops/error.ts";

export interface HubConfigArgs {
  /** This hub's machine; its hub address is what the hub binds. */
  machine: MachineConfig;
  /** The other machine, as this hub reaches it. */
  peer: MachineConfig;
  /** Both machines' agents. */
  fleet: Fleet;
  /** Address of a machine's agents as this hub reaches them. @default 127.0.0.1 for its own, the peer's hub host else */
  agentHost?: (machine: string) => string;
  /** Port that an agent's port has become, where ports are shifted. @default the same */
  portOf?: (machine: string, port: number) => number;
  /** Addresses tried when the peer is silent, to tell a dead peer from an isolated self. @default none */
  references?: HubConfigInput["references"];
  /** Limits and deadlines that differ from the hub's own defaults. */
  tuning?: Partial<Omit<HubConfigInput, "v" | "machine" | "peer" | "agents" | "references">>;
}

type AgentInput = HubConfigInput["agents"][number];

/** The configuration of one hub; agents keep the fleet's order. */
export function hubConfig(args: HubConfigArgs): HubConfigInput {
  const known = [args.machine.name, args.peer.name];
  const stray = args.fleet.agents.find((agent) => !known.includes(agent.machine));
  if (stray !== undefined) {
    throw new OperatorError(
      "fleet.machine-unknown",
      `Agent ${stray.id} stands on ${stray.machine}, but the pair is ${known.join(" and ")}`,
      "Name the machines alike in fleet/ and in the configuration (machine.name, peer.name)",
    );
  }
  return {
    v: 1,
    machine: args.machine,
    peer: args.peer,
    references: args.references ?? [],
    ...args.tuning,
    agents: args.fleet.agents.map((agent) => agentConfig(agent, args)),
  };
}

/** The file's text: two spaces of indent, so that a preview shows a changed agent as its own lines. */
export function renderHubConfig(config: HubConfigInput): string {
  return `${JSON.stringify(config, null, 2)}\n`;
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
  const own = agent.machine === args.machine.name;
  const host = args.agentHost?.(agent.machine) ?? (own ? "127.0.0.1" : args.peer.hub.host);
  return { host, port: args.portOf?.(agent.machine, port) ?? port };
}

/** A hub answers where its machine's entry says, whatever port the inventory remembers. */
function hubProbe(agent: PlacedAgent, args: HubConfigArgs): AgentInput["probe"] {
  const { hub } = agent.machine === args.machine.name ? args.machine : args.peer;
  return { kind: "http", ...hub, path: agent.health.path ?? "/livez" };
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
