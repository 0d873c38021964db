/** What an agent needs, and what hangs below it: step by step along the graph of hard dependencies, however far. Pure. */
import type { GraphView } from "../http/graph-json.ts";

export interface Radius {
  /** What it cannot work without: first what it needs itself, then what those need, and so on. */
  needs: string[][];
  /** What cannot work without it, in the same way. */
  below: string[][];
}

export function radiusOf({ agents }: GraphView, id: string): Radius {
  const needs = new Map(agents.map((agent) => [agent.id, agent.needs]));
  const neededBy = new Map<string, string[]>();
  for (const agent of agents) {
    for (const need of agent.needs) {
      const known = neededBy.get(need);
      if (known === undefined) neededBy.set(need, [agent.id]);
      else known.push(agent.id);
    }
  }
  return { needs: layersFrom(id, needs), below: layersFrom(id, neededBy) };
}

/** By distance; an agent that can be come to by two ways stands at the shorter one. */
function layersFrom(id: string, edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const seen = new Set([id]);
  const layers: string[][] = [];
  for (let from = [id]; ; ) {
    const next = [...new Set(from.flatMap((each) => edges.get(each) ?? []))].filter((each) => !seen.has(each));
    if (next.length === 0) return layers;
    for (const each of next) seen.add(each);
    layers.push(next);
    from = next;
  }
}
