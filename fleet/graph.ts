/** The graph of hard dependencies: cycles, start order, longest chain, and what hangs below an agent. Pure. */

/** What an agent has to offer to be a node; ids are `machine/name`. */
export interface GraphNode {
  id: string;
  machine: string;
  name: string;
  needs: readonly string[];
  wants: readonly string[];
}

export interface Graph {
  /** Ids in the order of the inventory. */
  ids: string[];
  /** Hard edges: what an id needs. Names that resolve to nothing are left out. */
  needs: ReadonlyMap<string, readonly string[]>;
  /** Soft edges. */
  wants: ReadonlyMap<string, readonly string[]>;
}

/**
 * The id that a name means to an agent of `machine`: `machine/name` as it stands, a plain name on its own machine first.
 * Undefined when there is none.
 */
export function resolveName(name: string, machine: string, ids: ReadonlySet<string>): string | undefined {
  if (name.includes("/")) return ids.has(name) ? name : undefined;
  const own = `${machine}/${name}`;
  return ids.has(own) ? own : [...ids].find((id) => id.endsWith(`/${name}`));
}

export function buildGraph(nodes: readonly GraphNode[]): Graph {
  const ids = new Set(nodes.map((node) => node.id));
  const edges = (names: readonly string[], machine: string) =>
    names.map((name) => resolveName(name, machine, ids)).filter((id) => id !== undefined);
  return {
    ids: [...ids],
    needs: new Map(nodes.map((node) => [node.id, edges(node.needs, node.machine)])),
    wants: new Map(nodes.map((node) => [node.id, edges(node.wants, node.machine)])),
  };
}

/** One cycle of hard edges for each knot of them, as a path that begins and ends with its first agent of the inventory. */
export function findCycles(graph: Graph): string[][] {
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  const cycles: string[][] = [];
  const knotted = new Set<string>();
  const visit = (id: string): void => {
    state.set(id, "open");
    path.push(id);
    for (const need of graph.needs.get(id) ?? []) {
      const seen = state.get(need);
      if (seen === undefined) visit(need);
      else if (seen === "open") {
        const cycle = path.slice(path.indexOf(need));
        if (!cycle.some((member) => knotted.has(member))) cycles.push(fromFirst(cycle, graph.ids));
        for (const member of cycle) knotted.add(member);
      }
    }
    path.pop();
    state.set(id, "done");
  };
  for (const id of graph.ids) if (!state.has(id)) visit(id);
  return cycles;
}

function fromFirst(cycle: string[], order: readonly string[]): string[] {
  const places = cycle.map((id) => order.indexOf(id));
  const start = places.indexOf(Math.min(...places));
  const turned = [...cycle.slice(start), ...cycle.slice(0, start)];
  return [...turned, ...turned.slice(0, 1)];
}

/**
 * Groups that may start together, each after all that it needs; within a group in the order of the inventory. Members of a
 * cycle, and what hangs below one, are left out.
 */
export function startOrder(graph: Graph): string[][] {
  const started = new Set<string>();
  const groups: string[][] = [];
  for (;;) {
    const ready = graph.ids.filter(
      (id) => !started.has(id) && (graph.needs.get(id) ?? []).every((need) => started.has(need)),
    );
    if (ready.length === 0) return groups;
    for (const id of ready) started.add(id);
    groups.push(ready);
  }
}

/** The longest path of hard edges, from the agent that waits longest to the one that needs nothing. */
export function longestChain(graph: Graph): string[] {
  const chains = new Map<string, string[]>();
  for (const id of startOrder(graph).flat()) {
    let below: string[] = [];
    for (const need of graph.needs.get(id) ?? []) {
      const chain = chains.get(need) ?? [];
      if (chain.length > below.length) below = chain;
    }
    chains.set(id, [id, ...below]);
  }
  let longest: string[] = [];
  for (const chain of chains.values()) if (chain.length > longest.length) longest = chain;
  return longest;
}

/** All that cannot work without this agent, directly or through others. */
export function dependents(graph: Graph, id: string): string[] {
  const found = new Set<string>();
  const visit = (target: string): void => {
    for (const candidate of graph.ids) {
      if (found.has(candidate) || !graph.needs.get(candidate)?.includes(target)) continue;
      found.add(candidate);
      visit(candidate);
    }
  };
  visit(id);
  found.delete(id);
  return graph.ids.filter((candidate) => found.has(candidate));
}
