/** What each imported agent depends on, and the graph of it. Pure. */
import { buildGraph, type Graph } from "../graph.ts";

/** By id. */
export interface Edges {
  needs: string[];
  wants: string[];
}

/** @param without an edge to leave out */
export function graphOf(
  agents: readonly { id: string; name: string; machine: string }[],
  edges: ReadonlyMap<string, Edges>,
  without?: { from: string; to: string },
): Graph {
  return buildGraph(
    agents.map(({ id, name, machine }) => {
      const { needs, wants } = edges.get(id) ?? { needs: [], wants: [] };
      return { id, name, machine, needs: needs.filter((to) => !(without?.from === id && without.to === to)), wants };
    }),
  );
}

/** What an agent does while another machine is away: no startup file says it, so the careful answer is written. */
export function crossingOf(target: string, edges: Edges | undefined): { mode: "wait" | "tolerate"; reason: string } {
  return edges?.wants.includes(target)
    ? { mode: "tolerate", reason: "not decided yet; what is soft is taken to be missed for a while" }
    : { mode: "wait", reason: "not decided yet; what a startup file depends on is taken to be needed" };
}
