import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycles } from "../../fleet/cycles.ts";
import { buildGraph, dependents, type GraphNode, longestChain, startOrder } from "../../fleet/graph.ts";
import { toDot, toMermaid } from "../../fleet/graph-text.ts";

const node = (name: string, needs: string[] = [], wants: string[] = [], machine = "pc2"): GraphNode => ({
  id: `${machine}/${name}`,
  machine,
  name,
  needs,
  wants,
});

/** Agents that need only earlier ones, so that no cycle is among them. */
const acyclic = fc
  .array(fc.array(fc.nat(50), { maxLength: 4 }), { minLength: 1, maxLength: 25 })
  .map((rows) =>
    rows.map((needs, i) =>
      node(`A${i}`, [...new Set(needs.filter(() => i > 0).map((need) => `A${need % Math.max(1, i)}`))]),
    ),
  );

describe("the dependency graph", () => {
  it("starts everything, each after all that it needs, for any graph without cycles", () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const graph = buildGraph(nodes);
        expect(findCycles(graph)).toEqual([]);
        const groups = startOrder(graph);
        const step = new Map(groups.flatMap((ids, index) => ids.map((id) => [id, index] as const)));
        expect(step.size).toBe(nodes.length);
        for (const [id, needs] of graph.needs)
          for (const need of needs) expect(step.get(need)).toBeLessThan(step.get(id) ?? -1);
        expect(longestChain(graph)).toHaveLength(groups.length);
      }),
    );
  });

  it("finds a planted cycle and prints a path of true edges that ends where it began", () => {
    fc.assert(
      fc.property(acyclic, fc.nat(), fc.nat(), (nodes, from, to) => {
        const low = Math.min(from % nodes.length, to % nodes.length);
        const high = Math.max(from % nodes.length, to % nodes.length);
        // An agent that needs itself is told apart from a cycle.
        fc.pre(low < high);
        // The chain from high to low exists already, so this edge closes a ring.
        const chained = nodes.map((entry, i) =>
          i > low && i <= high ? { ...entry, needs: [...entry.needs, `A${i - 1}`] } : entry,
        );
        const planted = chained.map((entry, i) =>
          i === low ? { ...entry, needs: [...entry.needs, `A${high}`] } : entry,
        );
        const graph = buildGraph(planted);
        const cycles = findCycles(graph);
        expect(cycles.length).toBeGreaterThan(0);
        for (const cycle of cycles) {
          expect(cycle.at(-1)).toBe(cycle[0]);
          for (let i = 1; i < cycle.length; i++) expect(graph.needs.get(cycle[i - 1] ?? "")).toContain(cycle[i]);
        }
      }),
    );
  });

  it("lets soft edges form a cycle", () => {
    expect(findCycles(buildGraph([node("A", [], ["B"]), node("B", ["A"])]))).toEqual([]);
  });

  it("takes a plain name on the own machine first and machine/name as it stands", () => {
    const graph = buildGraph([
      node("A", [], [], "mainpc"),
      node("A"),
      node("B", ["A"]),
      node("C", ["mainpc/A"]),
      node("D", ["mainpc/B"]),
    ]);
    expect(["B", "C", "D"].map((name) => graph.needs.get(`pc2/${name}`))).toEqual([["pc2/A"], ["mainpc/A"], []]);
  });

  it("knows all that hangs below an agent, through others too", () => {
    const graph = buildGraph([node("A"), node("B", ["A"]), node("C", ["B"]), node("D", [], ["A"])]);
    expect(dependents(graph, "pc2/A")).toEqual(["pc2/B", "pc2/C"]);
  });

  it("is drawn with hard edges solid, soft ones dashed and a frame for each machine", () => {
    const graph = buildGraph([node("A", [], [], "mainpc"), node("B", ["mainpc/A"], ["C"]), node("C")]);
    expect(toMermaid(graph)).toBe(`flowchart LR
  subgraph mainpc
    mainpc_A["A"]
  end
  subgraph pc2
    pc2_B["B"]
    pc2_C["C"]
  end
  pc2_B --> mainpc_A
  pc2_B -.-> pc2_C
`);
    expect(toDot(graph)).toContain('"pc2/B" -> "pc2/C" [style=dashed];');
  });
});
