/** Which agents are not well, by name, but for those whose trouble something else explains: what they need, or their machine. */

import { hangingText } from "../../core/suppression.ts";
import type { AgentView } from "../../http/api.ts";
import { countText, listText } from "../words.ts";
import { type Finding, isPeerLost, type Level, type Sight } from "./finding.ts";
import { isSatelliteLost } from "./satellites.ts";

export function agentFindings(sight: Sight): Finding[] {
  const unexplained = sight.fleet.agents.filter((agent) => !isExplained(agent, sight));
  return [
    ...finding(sight, unexplained, "unhealthy", "trouble"),
    ...finding(sight, unexplained, "degraded", "watch"),
    ...unknownFindings(unexplained),
  ];
}

function isExplained({ name, machine, isHub, below }: AgentView, sight: Sight): boolean {
  if (below !== undefined || isSatelliteLost(sight, machine)) return true;
  if (sight.fleet.maintenance.some(({ target }) => target === machine || target === `${machine}/${name}`)) return true;
  if (machine !== sight.peer.name) return false;
  return isPeerLost(sight) || (isHub && sight.peer.view.hub.verdict !== "alive");
}

function finding(sight: Sight, agents: AgentView[], health: "unhealthy" | "degraded", level: Level): Finding[] {
  const those = agents.filter((agent) => agent.health === health);
  const [first] = those;
  if (first === undefined) return [];
  if (those.length === 1) {
    const reason = first.reason === "" ? "" : `: ${first.reason}`;
    return [
      {
        level,
        title: `${first.name} on ${first.machine} is ${health} ${sight.since(first.since)}${reason}${belowText(sight, first)}`,
        details: [askedBy(sight, [first])],
      },
    ];
  }
  const newest = those.reduce((a, b) => (a.since < b.since ? b : a));
  const machines = new Set(those.map(({ machine }) => machine));
  const where = machines.size === 1 ? ` on ${first.machine}` : "";
  const names = listText(those.map((agent) => `${agent.name}${belowCount(sight, agent)}`));
  return [
    {
      level,
      title: `${countText(those.length, "agent")}${where} are ${health}: ${names}`,
      details: [`The latest is ${newest.name}, ${sight.since(newest.since)}.`, askedBy(sight, those)],
    },
  ];
}

/** Agents that are not told of themselves, because they hang below this one. */
function namesBelow({ fleet }: Sight, { name, machine }: AgentView): string[] {
  return fleet.agents.filter(({ below }) => below === `${machine}/${name}`).map((agent) => agent.name);
}

function belowText(sight: Sight, agent: AgentView): string {
  const text = hangingText(namesBelow(sight, agent));
  return text === undefined ? "" : `; ${text}`;
}

function belowCount(sight: Sight, agent: AgentView): string {
  const { length } = namesBelow(sight, agent);
  return length === 0 ? "" : ` (with ${length} below it)`;
}

function unknownFindings(agents: AgentView[]): Finding[] {
  const unknown = agents.filter(({ health }) => health === "unknown");
  if (unknown.length === 0) return [];
  const have = unknown.length === 1 ? "has" : "have";
  const names = unknown.length <= 5 ? `: ${listText(unknown.map(({ name }) => name))}` : "";
  return [
    {
      level: "watch",
      title: `${countText(unknown.length, "agent")} of ${agents.length} ${have} not been asked yet${names}`,
      details: ["The hubs are asking; the first answers take a few seconds."],
    },
  ];
}

function askedBy({ fleet }: Sight, agents: AgentView[]): string {
  const hubs = new Set(agents.map(({ observedBy }) => fleet.machines[observedBy ?? ""]?.hub.name ?? fleet.hub));
  return `${listText([...hubs])} ${hubs.size === 1 ? "goes" : "go"} on asking ${agents.length === 1 ? "it" : "them"}.`;
}
