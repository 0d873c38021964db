/** The agents that a machine carries: those of its own inventory that have a container, and the standbys of the peer's. */
import * as pulumi from "@pulumi/pulumi";
import { buildGraph } from "../fleet/graph.ts";
import type { Fleet, PlacedAgent } from "../fleet/model.ts";
import { OperatorError } from "../ops/error.ts";
import { Agent, type AgentRole, isSupervised } from "./agent.ts";
import { ModelDirectory } from "./model-directory.ts";
import type { Reach } from "./reach.ts";
import type { StackSite } from "./site.ts";

export interface MachineAgentsArgs {
  site: Pick<StackSite, "machine" | "models" | "paths">;
  /** The other machine of the pair, whose agents have their standbys here. @default a satellite, where there are none */
  peer?: string;
  fleet: Fleet;
  reach: Reach;
  /** Values of the secrets that agents name. */
  secrets: Record<string, pulumi.Input<string>>;
}

export interface Carried {
  agent: PlacedAgent;
  role: AgentRole;
}

/** Resources are named `<name>-agent-<agent>`, with `-standby` behind a standby's; each comes after what it needs here. */
export function machineAgents(
  name: string,
  { site, peer, fleet, reach, secrets }: MachineAgentsArgs,
  opts: pulumi.ComponentResourceOptions,
): Agent[] {
  const { machine, models, paths } = site;
  const carried = carriedBy(machine.name, peer, fleet);
  refuseMissing(carried, site, secrets);
  const modelPath =
    models.directory === ""
      ? undefined
      : new ModelDirectory(`${name}-models`, { reach, path: models.directory }, opts).path;
  const { needs } = buildGraph(fleet.agents);
  const made = new Map<string, Agent>();
  const make = ({ agent, role }: Carried): Agent => {
    const known = made.get(agent.id);
    if (known !== undefined) return known;
    const before = (needs.get(agent.id) ?? []).flatMap((id) => carried.filter((other) => other.agent.id === id));
    const component = new Agent(
      `${name}-agent-${agent.name}${role === "standby" ? "-standby" : ""}`,
      {
        machine: machine.name,
        reach,
        agent,
        role,
        models: modelPath,
        secrets,
        dataDirectory: `${paths.data}/agents`,
        hubsDirectory: `${paths.config}/hubs`,
        secretDirectory: `${paths.config}/secrets/agents`,
      },
      // The inventory's check has refused rings of needs, so this ends.
      pulumi.mergeOptions(opts, { dependsOn: before.map(make) }),
    );
    made.set(agent.id, component);
    return component;
  };
  return carried.map(make);
}

/** In the order of the inventory. */
export function carriedBy(machine: string, peer: string | undefined, { agents }: Fleet): Carried[] {
  return agents
    .filter(({ container }) => container !== undefined)
    .flatMap((agent): Carried[] => {
      if (agent.machine === machine) return [{ agent, role: "home" }];
      return agent.machine !== peer || agent.standby === undefined ? [] : [{ agent, role: "standby" }];
    });
}

/** Those that run from the first `up` on: a cold standby waits for its takeover. */
export function startedBy(site: StackSite, fleet: Fleet): Carried[] {
  const peer = site.role === "pair" ? site.peer.name : undefined;
  return carriedBy(site.machine.name, peer, fleet).filter(({ agent, role }) => !isSupervised(agent, role));
}

function refuseMissing(
  carried: readonly Carried[],
  site: MachineAgentsArgs["site"],
  secrets: Record<string, unknown>,
): void {
  for (const { agent } of carried) {
    const { models = false, secrets: named = [] } = agent.container ?? {};
    if (models && site.models.directory === "") {
      throw new OperatorError(
        "agent.models",
        `${agent.id} loads models on ${site.machine.name}, but the stack says of no directory where they are`,
        `Set it as in: pulumi config set -s ${site.machine.name} --path models.directory /srv/models`,
      );
    }
    const missing = named.find((secret) => secrets[secret] === undefined);
    if (missing !== undefined) {
      throw new OperatorError(
        "agent.secret",
        `${agent.id} reads the secret ${missing} on ${site.machine.name}, but the stack has none of this name`,
        `Set it through standard input: pulumi config set -s ${site.machine.name} --secret --path agentSecrets.${missing} < FILE`,
      );
    }
  }
}
