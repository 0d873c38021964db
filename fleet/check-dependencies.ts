/** Checks what agents need and want: that it exists, is named once, says what holds across machines, and closes no ring. Pure. */
import { findCycles } from "./cycles.ts";
import { errorAt, type Finding, type Places } from "./finding.ts";
import { buildGraph, meaningsOf, resolveName } from "./graph.ts";
import type { Fleet, PlacedAgent } from "./model.ts";
import { nameOf, nearestId } from "./nearest.ts";

export function checkDependencies({ agents }: Fleet, places: Places): Finding[] {
  const ids = new Set(agents.map(({ id }) => id));
  return agents.flatMap((agent) => {
    const named = new Map<string, "needs" | "wants">();
    const edges = (["needs", "wants"] as const).flatMap((key) =>
      agent[key].flatMap((name, index): Finding[] => {
        const place = places.agent(agent, key, index);
        const target = resolveName(name, agent.machine, ids);
        const meanings = meaningsOf(name, agent.machine, ids);
        if (meanings.length > 1) {
          const message = `${agent.id} ${key} ${name}, which could be ${meanings.join(" or ")}`;
          return [errorAt(place, "dependency.ambiguous", message, "Write which: machine/name")];
        }
        if (target === undefined) {
          const message = `${agent.id} ${key} ${name}, which is in no inventory`;
          return [errorAt(place, "dependency.unknown", message, meant(name, ids))];
        }
        if (target === agent.id) return [errorAt(place, "dependency.self", `${agent.id} ${key} itself`, "Take it out")];
        const before = named.get(target);
        if (before !== undefined) {
          const message = `${agent.id} ${key} ${name}, which it ${before} already`;
          return [errorAt(place, "dependency.twice", message, "Take one of them out")];
        }
        named.set(target, key);
        if (target.startsWith(`${agent.machine}/`) || agent.crosses[target] !== undefined) return [];
        const message = `${agent.id} ${key} ${target} on another machine and does not say what it does while that is away`;
        const next = `State it: crosses: { ${target}: { mode: wait, reason: … } }`;
        return [errorAt(place, "dependency.crosses", message, next)];
      }),
    );
    return [...edges, ...checkCrosses(agent, [...named.keys()], places)];
  });
}

/** A misspelt key would leave its dependency unspoken for, and a stale one would speak for nothing. */
function checkCrosses(agent: PlacedAgent, targets: string[], places: Places): Finding[] {
  const across = targets.filter((id) => !id.startsWith(`${agent.machine}/`));
  return Object.keys(agent.crosses)
    .filter((key) => !across.includes(key))
    .map((key) => {
      const place = places.agent(agent, "crosses", key);
      const message = `${agent.id} crosses ${key}, which is nothing that it needs or wants on another machine`;
      const short = across.find((id) => nameOf(id) === key);
      const near = nearestId(key, across);
      const next = near === undefined ? "Take it out" : `Did you mean ${near}?`;
      const whole = short === undefined ? next : `Write ${short}: the key is machine/name`;
      return errorAt(place, "dependency.unknown", message, whole);
    });
}

export function checkCycles({ agents }: Fleet, places: Places): Finding[] {
  const ids = new Set(agents.map(({ id }) => id));
  const next = "Make one of these edges soft: move it from needs to wants";
  return findCycles(buildGraph(agents)).flatMap((cycle) => {
    const [first, second] = cycle;
    const toSecond = ({ needs, machine }: PlacedAgent) =>
      needs.findIndex((name) => resolveName(name, machine, ids) === second);
    const holder = agents.find((agent) => agent.id === first && toSecond(agent) >= 0);
    if (holder === undefined) return [];
    const message = `a cycle of hard dependencies: ${cycle.map(nameOf).join(" → ")}`;
    return errorAt(places.agent(holder, "needs", toSecond(holder)), "dependency.cycle", message, next);
  });
}

/** Plain names are answered with plain ones, where those mean the same. */
function meant(name: string, ids: ReadonlySet<string>): string {
  const near = nearestId(name, ids);
  if (near === undefined) return "Add that agent, or take the name out";
  return `Did you mean ${name.includes("/") ? near : nameOf(near)}?`;
}
