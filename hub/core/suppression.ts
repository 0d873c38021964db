/** Tells what went wrong by itself from what hangs below it in the graph of hard dependencies, so that only the former is told. */
import type { Graph } from "../../fleet/graph.ts";
import type { Health } from "./record.ts";

export interface Ailing {
  /** `machine/name`. */
  id: string;
  machine: string;
  health: Health;
  /** Another place acts for it: whoever needs it is served. */
  replaced: boolean;
}

export interface Causes {
  /** Each agent that is quiet, with what it hangs below: a machine's name, or the id of an agent. */
  below: ReadonlyMap<string, string>;
  /** The other way round, in the order of the fleet. Agents without anything below them are left out, machines too. */
  hanging: ReadonlyMap<string, readonly string[]>;
}

/**
 * An agent hangs below its lost machine, or below an unhealthy agent that it needs and nobody replaces, through as many others
 * as are unhealthy in between. A need that is well explains nothing, whatever that one needs itself.
 * @param agents in the order of the fleet
 * @param lostMachines machines that do not answer as a whole
 */
export function findCauses(graph: Graph, agents: readonly Ailing[], lostMachines: ReadonlySet<string>): Causes {
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const below = new Map<string, string>();
  const roots = new Set<string>();
  const hang = (id: string, root: string) => {
    roots.add(root);
    const queue = [id];
    for (const failed of queue) {
      if (byId.get(failed)?.replaced !== false) continue;
      for (const needy of graph.neededBy.get(failed) ?? []) {
        const agent = byId.get(needy);
        if (agent === undefined || roots.has(needy) || below.has(needy) || !isAiling(agent)) continue;
        below.set(needy, root);
        if (agent.health === "unhealthy") queue.push(needy);
      }
    }
  };
  for (const { id, machine, health } of agents)
    if (lostMachines.has(machine) && health !== "healthy") below.set(id, machine);
  for (const { id, machine, health } of agents)
    if (lostMachines.has(machine) && health === "unhealthy") hang(id, machine);
  const failed = agents.filter(({ health }) => health === "unhealthy");
  const needsFailed = ({ id }: Ailing) =>
    (graph.needs.get(id) ?? []).some((need) => {
      const needed = byId.get(need);
      return needed?.health === "unhealthy" && !needed.replaced;
    });
  for (const agent of failed) if (!below.has(agent.id) && !needsFailed(agent)) hang(agent.id, agent.id);
  // What is left needs itself in a circle, which the check of the inventory refuses: its first one stands for the circle.
  for (const agent of failed) if (!below.has(agent.id) && needsFailed(agent)) hang(agent.id, agent.id);
  const hanging = new Map<string, string[]>();
  for (const { id } of agents) {
    const root = below.get(id);
    if (root !== undefined) hanging.set(root, [...(hanging.get(root) ?? []), id]);
  }
  return { below, hanging };
}

const isAiling = ({ health }: Ailing) => health === "unhealthy" || health === "degraded";

/** `MemoryClient and 11 others hang below it`; undefined when nothing does. */
export function hangingText(names: readonly string[], root = "it"): string | undefined {
  const [first, second] = names;
  if (first === undefined) return undefined;
  if (second === undefined) return `${first} hangs below ${root}`;
  const others = names.length === 2 ? second : `${names.length - 1} others`;
  return `${first} and ${others} hang below ${root}`;
}
