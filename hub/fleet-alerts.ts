/** Finds the causes of what ails the fleet, and records alerts about those agents that are one; each hub of those that it asks. */
import { buildGraph } from "../fleet/graph.ts";
import { type AgentConfig, agentId, type HubConfig } from "./config.ts";
import { AgentAlerts, type AlertTurn } from "./core/agent-alerts.ts";
import type { AgentStatus } from "./core/fleet-health.ts";
import type { OpenAlerts } from "./core/open-alerts.ts";
import { type Causes, findCauses, hangingText } from "./core/suppression.ts";
import { type AlertStore, storeAlert } from "./io/store-alert.ts";

export interface FleetAlertsOptions extends AlertStore {
  config: Pick<HubConfig, "agents">;
  status(id: string): AgentStatus | undefined;
  /** Whether a machine or satellite does not answer as a whole. */
  isLost(machine: string): boolean;
  /** Whether this hub is the one that asks the machine's agents at present. */
  asks(machine: string): boolean;
  /** Whether another place acts for the agent. */
  isReplaced(agent: AgentConfig): boolean;
  inMaintenance(id: string): boolean;
  /** Of an agent that is a hub: it has an alert of its own. */
  isHubDead(machine: string): boolean;
  /** What stands by the records; undefined until they were read back. */
  standing(): OpenAlerts | undefined;
  /** Somebody else has ended what this hub raised and sees all the time. */
  endedByPeer(name: string, subject: string): void;
  clock(): number;
}

const agentAlertName = "agent-unhealthy";
const tickMs = 500;

export class FleetAlerts {
  readonly #options: FleetAlertsOptions;
  readonly #graph;
  readonly #machines: readonly string[];
  readonly #alerts = new AgentAlerts();
  /** Agents whose turn is being stored. */
  readonly #busy = new Set<string>();
  readonly #timer = setInterval(() => this.#tick(), tickMs);

  constructor(options: FleetAlertsOptions) {
    this.#options = options;
    const { agents } = options.config;
    this.#graph = buildGraph(agents.map((agent) => ({ ...agent, id: agentId(agent), wants: [] })));
    this.#machines = [...new Set(agents.map(({ machine }) => machine))];
  }

  /** By what is known now. */
  causes(): Causes {
    const { config, status, isLost, isReplaced } = this.#options;
    const ailing = config.agents.map((agent) => {
      const id = agentId(agent);
      const health = status(id)?.health ?? "unknown";
      return { id, machine: agent.machine, health, replaced: isReplaced(agent) };
    });
    return findCauses(this.#graph, ailing, new Set(this.#machines.filter(isLost)));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const { config, status, inMaintenance, isHubDead, standing, asks, clock } = this.#options;
    const open = standing();
    if (open === undefined) return;
    const causes = this.causes();
    const sight = config.agents.map((agent) => {
      const id = agentId(agent);
      return {
        id,
        health: status(id)?.health ?? "unknown",
        quiet: causes.below.has(id) || inMaintenance(id) || (agent.isHub && isHubDead(agent.machine)),
        open: open.isOpen(agentAlertName, id),
      };
    });
    // Both hubs reckon with all agents, so that either can go on when it is the one that asks.
    for (const turn of this.#alerts.step(sight, clock()))
      if (asks(machineOf(turn.id)) && !this.#busy.has(turn.id)) void this.#store(turn, causes);
  }

  async #store(turn: AlertTurn, causes: Causes): Promise<void> {
    const { id, severity, again } = turn;
    this.#busy.add(id);
    if (again) this.#options.endedByPeer(agentAlertName, id);
    const message = this.#word(turn, causes);
    await storeAlert(this.#options, { severity, name: agentAlertName, subject: id, message });
    this.#busy.delete(id);
  }

  #word({ id, severity }: AlertTurn, { hanging }: Causes): string {
    const { health = "unknown", reason = "" } = this.#options.status(id) ?? {};
    if (severity === "resolved") return `${id} is ${health} again`;
    const why = reason === "" ? "" : `: ${reason}`;
    const names = (hanging.get(id) ?? []).map((other) => other.slice(other.indexOf("/") + 1));
    const below = hangingText(names);
    return `${id} is unhealthy${why}${below === undefined ? "" : `; ${below}`}`;
  }
}

const machineOf = (id: string) => id.slice(0, id.indexOf("/"));
