/** Makes one edge of each ring of dependencies soft, so that its agents do not wait for each other for ever. Pure. */
import { findCycles } from "../cycles.ts";
import { longestChain } from "../graph.ts";
import { nameOf } from "../nearest.ts";
import type { StartupAgent } from "./agent.ts";
import { type Edges, graphOf } from "./edges.ts";
import type { Report } from "./finding.ts";

/**
 * The edge goes without which the longest chain of hard dependencies stays longest: it takes the least away from the order in
 * which agents start. Among equals it is that of the agent which stands last in its file.
 */
export function softenCycles(agents: readonly StartupAgent[], edges: ReadonlyMap<string, Edges>, report: Report): void {
  const position = new Map(agents.map(({ id }, index) => [id, index]));
  for (
    let [cycle] = findCycles(graphOf(agents, edges));
    cycle !== undefined;
    [cycle] = findCycles(graphOf(agents, edges))
  ) {
    const steps = cycle.slice(1).map((to, index) => ({ from: cycle?.[index] ?? "", to }));
    const [weakest] = steps
      .map((step) => ({ ...step, left: longestChain(graphOf(agents, edges, step)).length }))
      .sort((a, b) => b.left - a.left || (position.get(b.from) ?? 0) - (position.get(a.from) ?? 0));
    const agent = agents.find(({ id }) => id === weakest?.from);
    const own = edges.get(weakest?.from ?? "");
    if (weakest === undefined || agent === undefined || own === undefined) return;
    own.needs = own.needs.filter((id) => id !== weakest.to);
    own.wants.push(weakest.to);
    const index = agent.dependencies.findIndex((name) => nameOf(name) === nameOf(weakest.to));
    const message = `a cycle of dependencies: ${cycle.map(nameOf).join(" → ")}; written: ${nameOf(weakest.from)} wants ${nameOf(weakest.to)}, the edge without which the longest chain stays longest, ${weakest.left} agents`;
    const next = `Decide which of its edges is soft: ${nameOf(weakest.from)} then starts without ${nameOf(weakest.to)}`;
    report.warn(agent.place(agent.dependsKey, index), "dependency.cycle", message, next, agent.id);
  }
}
