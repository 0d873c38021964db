/** Who needs whom in the fleet, by the hub's own config. */
import { buildGraph } from "../../fleet/graph.ts";
import { agentId, type HubConfig } from "../config.ts";
import type { GraphView } from "./graph-json.ts";

export function graphView({ machine, agents }: Pick<HubConfig, "machine" | "agents">): GraphView {
  const graph = buildGraph(
    agents.map((agent) => ({
      id: agentId(agent),
      machine: agent.machine,
      name: agent.name,
      needs: agent.needs,
      wants: [],
    })),
  );
  const nodes = graph.ids.map((id) => ({ id, needs: [...(graph.needs.get(id) ?? [])] }));
  return { machine: machine.name, agents: nodes };
}
