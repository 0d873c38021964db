import fc from "fast-check";
import { expect, it } from "vitest";
import { buildGraph, dependents } from "../../../fleet/graph.ts";
import { requireFleet } from "../../../fleet/load.ts";
import { radiusOf } from "../../../hub/page/blast.ts";
import { graphView } from "./sections-fixture.ts";

const graph = (edges: Record<string, string[]>) => ({
  machine: "pc2",
  agents: Object.entries(edges).map(([id, needs]) => ({ id, needs })),
});

it("what is needed and what hangs below stands by distance, at the shorter of two ways", () => {
  const view = graph({ a: [], b: ["a"], c: ["b", "a"], d: ["c"] });
  expect(radiusOf(view, "a")).toEqual({ needs: [], below: [["b", "c"], ["d"]] });
  expect(radiusOf(view, "d")).toEqual({ needs: [["c"], ["b", "a"]], below: [] });
});

it("a circle ends, and an agent that the graph does not know stands alone", () => {
  expect(radiusOf(graph({ a: ["b"], b: ["a"] }), "a")).toEqual({ needs: [["b"]], below: [["b"]] });
  expect(radiusOf(graph({ a: [] }), "z")).toEqual({ needs: [], below: [] });
});

it("of all 77 agents it says what the fleet's own graph says", () => {
  const own = buildGraph(requireFleet().agents);
  const view = graphView();
  for (const id of own.ids) expect(radiusOf(view, id).below.flat().sort()).toEqual([...dependents(own, id)].sort());
});

it("nobody stands in it twice, whatever the edges are", () => {
  const ids = ["a", "b", "c", "d", "e"];
  const edges = fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids)), { maxLength: 15 });
  fc.assert(
    fc.property(edges, (pairs) => {
      const needs = (id: string) => pairs.filter(([from]) => from === id).map(([, to]) => to);
      const { needs: up, below } = radiusOf(graph(Object.fromEntries(ids.map((id) => [id, needs(id)]))), "a");
      for (const side of [up.flat(), below.flat()]) {
        expect(new Set(side).size).toBe(side.length);
        expect(side).not.toContain("a");
      }
    }),
  );
});
