/** Groups the agents that are not healthy, so that a dozen lines tell of seventy. Pure. */
import type { AgentView } from "../../hub/http/api.ts";

/** Agents of one machine that are ill alike. */
export interface AilingGroup {
  machine: string;
  health: AgentView["health"];
  /** What they have in common: what they need and miss, or what they said. */
  reason: string;
  /** Since when the longest of them. */
  since: string;
  names: string[];
}

const worstFirst: readonly AgentView["health"][] = ["unhealthy", "degraded", "unknown"];

/** Worst first, and of those that are equally bad the larger group. */
export function ailing(agents: readonly AgentView[]): AilingGroup[] {
  const groups = new Map<string, AilingGroup>();
  for (const { name, machine, health, reason, below, since } of agents) {
    if (health === "healthy") continue;
    const why = below === undefined ? reason : `below ${below}`;
    const key = JSON.stringify([machine, health, why]);
    const group = groups.get(key) ?? { machine, health, reason: why, since, names: [] };
    groups.set(key, group);
    group.names.push(name);
    if (since < group.since) group.since = since;
  }
  const rank = ({ health }: AilingGroup) => worstFirst.indexOf(health);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b) || b.names.length - a.names.length);
}
