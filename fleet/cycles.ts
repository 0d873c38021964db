/** Finds cycles of hard edges. Pure, and without recursion, since a chain may be longer than the stack is deep. */
import type { Graph } from "./graph.ts";

/** A tangle has more cycles than anybody reads, and the first ones that are cut take others with them. */
const enough = 20;

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Cycles as paths that begin and end with the same agent, the first of its knot in the inventory; a knot is a set of agents
 * that all wait for each other. Each knot gives one cycle at least; what is still knotted without the last edge of a cycle
 * gives another, up to 20 in all. An agent that needs itself is no cycle here.
 */
export function findCycles({ ids, needs }: Graph): string[][] {
  const left = new Map(ids.map((id) => [id, new Set((needs.get(id) ?? []).filter((need) => need !== id))]));
  const cycles: string[][] = [];
  let knots = knotsOf(ids, left);
  while (knots.length > 0) {
    for (const knot of knots) {
      const cycle = shortestCycle(knot[0] ?? "", left);
      cycles.push([...cycle, ...cycle.slice(0, 1)]);
      left.get(cycle.at(-1) ?? "")?.delete(cycle[0] ?? "");
    }
    if (cycles.length >= enough) break;
    knots = knotsOf(ids, left).slice(0, enough - cycles.length);
  }
  return cycles;
}

/** Sets of two and more agents that all reach each other (Tarjan's strongly connected components), each in the order of ids. */
function knotsOf(ids: readonly string[], needs: Edges): string[][] {
  const found = new Map<string, number>();
  /** The earliest found agent that each is known to reach. */
  const reaches = new Map<string, number>();
  const open: string[] = [];
  const knotOf = new Map<string, number>();
  const reach = (id: string, at: number) => reaches.set(id, Math.min(reaches.get(id) ?? at, at));
  const enter = (id: string) => {
    found.set(id, found.size);
    reach(id, found.size - 1);
    open.push(id);
    return { id, rest: (needs.get(id) ?? new Set<string>()).values() };
  };
  const leave = (id: string) => {
    const own = found.get(id) ?? 0;
    if (reaches.get(id) !== own) return;
    for (const member of open.splice(open.lastIndexOf(id))) knotOf.set(member, own);
  };
  for (const root of ids) {
    if (found.has(root)) continue;
    const path = [enter(root)];
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const need = step.rest.next();
      if (need.done) {
        path.pop();
        leave(step.id);
        const above = path.at(-1);
        if (above !== undefined && !knotOf.has(step.id)) reach(above.id, reaches.get(step.id) ?? 0);
      } else if (!found.has(need.value)) path.push(enter(need.value));
      else if (!knotOf.has(need.value)) reach(step.id, found.get(need.value) ?? 0);
    }
  }
  return [...Map.groupBy(ids, (id) => knotOf.get(id)).values()].filter(({ length }) => length > 1);
}

/** From the start along hard edges until one leads back to it; `start` lies on a cycle. */
function shortestCycle(start: string, needs: Edges): string[] {
  const before = new Map<string, string>();
  const queue = [start];
  for (const id of queue) {
    for (const need of needs.get(id) ?? []) {
      if (need === start) {
        const path = [id];
        for (let at = before.get(id); at !== undefined; at = before.get(at)) path.push(at);
        return path.reverse();
      }
      if (before.has(need)) continue;
      before.set(need, id);
      queue.push(need);
    }
  }
  throw new RangeError(`${start} lies on no cycle`);
}
