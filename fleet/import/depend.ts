/** Turns what agents depend on into hard and soft edges, and says what holds across machines. Pure. */
import { meaningsOf } from "../graph.ts";
import { nameOf, nearestId } from "../nearest.ts";
import type { StartupAgent } from "./agent.ts";
import { crossingOf, type Edges } from "./edges.ts";
import { listed, type Report } from "./finding.ts";
import { softenCycles } from "./soften.ts";

export function readEdges(
  agents: readonly StartupAgent[],
  isHub: (agent: StartupAgent) => boolean,
  report: Report,
): Map<string, Edges> {
  const ids = new Set(agents.map(({ id }) => id));
  noteTwins(agents, report);
  const edges = new Map(
    agents.map((agent): [string, Edges] => {
      const targets = targetsOf(agent, ids, report);
      if (!isHub(agent)) return [agent.id, { needs: targets, wants: [] }];
      warnHub(agent, targets, report);
      return [agent.id, { needs: [], wants: targets }];
    }),
  );
  softenCycles(agents, edges, report);
  for (const agent of agents) warnCrossings(agent, edges.get(agent.id), ids, report);
  return edges;
}

function targetsOf(agent: StartupAgent, ids: ReadonlySet<string>, report: Report): string[] {
  const targets = new Set<string>();
  for (const [index, name] of agent.dependencies.entries()) {
    const place = agent.place(agent.dependsKey, index);
    const meanings = meaningsOf(name, agent.machine, ids);
    const [target] = meanings;
    if (target === undefined) {
      const near = nearestId(name, ids);
      const next =
        near === undefined ? "Give the file that has it too, or take the name out" : `Did you mean ${nameOf(near)}?`;
      const message = `${agent.id} depends on ${name}, which is in no inventory`;
      report.error(place, "dependency.unknown", message, next, agent.id);
    } else if (meanings.length > 1) {
      const message = `${agent.id} depends on ${name}, which could be ${meanings.join(" or ")}`;
      report.error(place, "dependency.ambiguous", message, "Write which: machine/name", agent.id);
    } else if (target === agent.id) {
      report.warn(place, "dependency.self", `${agent.id} depends on itself; left out`, "", agent.id);
    } else if (targets.has(target)) {
      report.warn(place, "dependency.twice", `${agent.id} names ${name} twice; written once`, "", agent.id);
    } else targets.add(target);
  }
  return [...targets];
}

/** The hub is there before any agent, and works without them. */
function warnHub(agent: StartupAgent, targets: readonly string[], report: Report): void {
  if (targets.length === 0) return;
  const message = `${agent.id} is the hub and depends on ${listed(targets.map(nameOf))}; written as wants, since the hub starts before any agent`;
  report.warn(agent.place(agent.dependsKey), "dependency.hub", message, "", agent.id);
}

function noteTwins(agents: readonly StartupAgent[], report: Report): void {
  for (const [name, twins] of Map.groupBy(agents, (agent) => agent.name)) {
    const [first, second] = twins;
    if (first === undefined || second === undefined) continue;
    const message = `${name} stands on ${twins.map(({ machine }) => machine).join(" and ")}; they are told apart as ${twins.map(({ id }) => id).join(" and ")}, and the plain name means the one on the same machine`;
    report.note(second.place(), "name.both", message, "", second.id);
  }
}

function warnCrossings(agent: StartupAgent, edges: Edges | undefined, ids: ReadonlySet<string>, report: Report): void {
  for (const [index, name] of agent.dependencies.entries()) {
    const [target] = meaningsOf(name, agent.machine, ids);
    if (target === undefined || target.startsWith(`${agent.machine}/`)) continue;
    if (agent.dependencies.indexOf(name) < index) continue;
    const { mode } = crossingOf(target, edges);
    const means =
      mode === "wait" ? "it stands still while that machine is away" : "it goes on while that machine is away";
    const message = `${agent.id} depends on ${target}, on another machine; written: crosses with mode ${mode}, ${means}`;
    const next = "Decide: mode wait or tolerate, and give your reason for it";
    report.warn(agent.place(agent.dependsKey, index), "dependency.crosses", message, next, agent.id);
  }
}
