/** The graph of hard dependencies: start order, longest chain, and what hangs below an agent. Pure; cycles.ts finds its cycles. */

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
  /** Hard edges: what an id needs, each once. Names that resolve to nothing are left out. */
  needs: ReadonlyMap<string, readonly string[]>;
  /** Hard edges the other way round; ids that nothing needs are left out. */
  neededBy: ReadonlyMap<string, readonly string[]>;
  /** Soft edges. */
  wants: ReadonlyMap<string, readonly string[]>;
}

/**
 * The id that a name means to an agent of `machine`: `machine/name` as it stands, a plain name on its own machine first.
 * Undefined when there is none.
 */
export function resolveName(name: string, machine: string, ids: ReadonlySet<string>): string | undefined {
  return meaningsOf(name, machine, ids)[0];
}

/** All that it may mean: with more than two machines, two others may have an agent of one name. */
export function meaningsOf(name: string, machine: string, ids: ReadonlySet<string>): string[] {
  if (name.includes("/")) return ids.has(name) ? [name] : [];
  const own = `${machine}/${name}`;
  return ids.has(own) ? [own] : [...ids].filter((id) => id.endsWith(`/${name}`));
}

export function buildGraph(nodes: readonly GraphNode[]): Graph {
  const ids = new Set(nodes.map((node) => node.id));
  const edgesOf = (key: "needs" | "wants") => {
    const edges = new Map<string, string[]>();
    for (const node of nodes) {
      const targets = node[key].map((name) => resolveName(name, node.machine, ids)).filter((id) => id !== undefined);
      // Two agents of one name, which the check refuses, are one node here.
      edges.set(node.id, [...new Set([...(edges.get(node.id) ?? []), ...targets])]);
    }
    return edges;
  };
  const needs = edgesOf("needs");
  const neededBy = new Map<string, string[]>();
  for (const [id, targets] of needs) {
    for (const target of targets) {
      const known = neededBy.get(target);
      if (known === undefined) neededBy.set(target, [id]);
      else known.push(id);
    }
  }
  return { ids: [...ids], needs, neededBy, wants: edgesOf("wants") };
}

/**
 * Groups that may start together, each after all that it needs; within a group in the order of the inventory. Members of a
 * cycle, and what hangs below one, are left out.
 */
export function startOrder({ ids, needs, neededBy }: Graph): string[][] {
  const position = new Map(ids.map((id, index) => [id, index]));
  const waitsFor = new Map(ids.map((id) => [id, needs.get(id)?.length ?? 0]));
  const groups: string[][] = [];
  let ready = ids.filter((id) => waitsFor.get(id) === 0);
  while (ready.length > 0) {
    groups.push(ready);
    const next: string[] = [];
    for (const id of ready.flatMap((started) => neededBy.get(started) ?? [])) {
      const left = (waitsFor.get(id) ?? 0) - 1;
      waitsFor.set(id, left);
      if (left === 0) next.push(id);
    }
    ready = next.sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
  }
  return groups;
}

/** The longest path of hard edges, from the agent that waits longest to the one that needs nothing. */
export function longestChain(graph: Graph): string[] {
  const lengths = new Map<string, number>();
  const below = new Map<string, string>();
  let top: string | undefined;
  for (const id of startOrder(graph).flat()) {
    let longest = 0;
    for (const need of graph.needs.get(id) ?? []) {
      const length = lengths.get(need) ?? 0;
      if (length <= longest) continue;
      longest = length;
      below.set(id, need);
    }
    lengths.set(id, longest + 1);
    if (longest + 1 > (lengths.get(top ?? "") ?? 0)) top = id;
  }
  const chain: string[] = [];
  for (let id = top; id !== undefined; id = below.get(id)) chain.push(id);
  return chain;
}

/** All that cannot work without this agent, directly or through others. */
export function dependents(graph: Graph, id: string): string[] {
  const found = new Set<string>();
  const queue = [id];
  for (const target of queue) {
    for (const candidate of graph.neededBy.get(target) ?? []) {
      if (found.has(candidate)) continue;
      found.add(candidate);
      queue.push(candidate);
    }
  }
  found.delete(id);
  return graph.ids.filter((candidate) => found.has(candidate));
}
