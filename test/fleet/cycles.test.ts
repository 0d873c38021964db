import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycles } from "../../fleet/cycles.ts";
import { buildGraph, dependents, type GraphNode, longestChain, startOrder } from "../../fleet/graph.ts";

/** `A>B C` is an agent A that needs B and C. */
const graphOf = (...lines: string[]) =>
  buildGraph(
    lines.map((line): GraphNode => {
      const [name = "", needs = ""] = line.split(">");
      return { id: `pc2/${name}`, machine: "pc2", name, needs: needs.split(" ").filter(Boolean), wants: [] };
    }),
  );
const cyclesOf = (...lines: string[]) =>
  findCycles(graphOf(...lines)).map((cycle) => cycle.map((id) => id.slice(4)).join(""));

describe("the search for cycles", () => {
  it("finds one in each of two knots that do not touch", () => {
    expect(cyclesOf("A>B", "B>A", "C>D", "D>C")).toEqual(["ABA", "CDC"]);
  });

  it("finds two cycles of one knot that share no agent", () => {
    expect(cyclesOf("A>B", "B>A C", "C>D", "D>C A")).toEqual(expect.arrayContaining(["ABA", "CDC"]));
  });

  it("finds both loops of a figure of eight", () => {
    expect(cyclesOf("A>B C", "B>A", "C>A")).toEqual(["ABA", "ACA"]);
  });

  it("finds a cycle whose agents hang below another cycle", () => {
    expect(cyclesOf("A>B", "B>A C", "C>D", "D>C")).toEqual(["ABA", "CDC"]);
  });

  it("takes the shortest way round, and begins with the first agent of the inventory", () => {
    expect(cyclesOf("B>C D", "C>D", "D>B")[0]).toBe("BDB");
  });

  it("leaves out an agent that needs itself", () => {
    expect(cyclesOf("A>A B", "B")).toEqual([]);
  });

  it("stops at 20 cycles of a tangle of 12 agents that all need each other, and at one for each of 30 pairs", () => {
    const names = Array.from({ length: 12 }, (_, i) => `A${i}`);
    expect(cyclesOf(...names.map((name) => `${name}>${names.join(" ")}`))).toHaveLength(20);
    const pairs = Array.from({ length: 30 }, (_, i) => [`A${i}>B${i}`, `B${i}>A${i}`]).flat();
    expect(cyclesOf(...pairs)).toHaveLength(30);
  });

  it("finds a cycle exactly where the start order leaves somebody out, in any graph without self-dependencies", () => {
    const rows = fc.array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(rows, (needs) => {
        const lines = needs.map(
          (row, i) =>
            `A${i}>${row
              .filter((need) => need !== i)
              .map((need) => `A${need}`)
              .join(" ")}`,
        );
        const graph = graphOf(...lines);
        const cycles = findCycles(graph);
        expect(cycles.length > 0).toBe(startOrder(graph).flat().length < graph.ids.length);
        expect(new Set(cycles.map(String)).size).toBe(cycles.length);
        for (const cycle of cycles) {
          expect(cycle.at(-1)).toBe(cycle[0]);
          expect(new Set(cycle).size).toBe(cycle.length - 1);
          for (let i = 1; i < cycle.length; i++) expect(graph.needs.get(cycle[i - 1] ?? "")).toContain(cycle[i]);
        }
      }),
    );
  });

  it("goes through a chain of 20,000 agents, and through a ring of them", () => {
    const count = 20_000;
    const chain = Array.from({ length: count }, (_, i) => (i === 0 ? "A0" : `A${i}>A${i - 1}`));
    const graph = graphOf(...chain);
    expect(findCycles(graph)).toEqual([]);
    expect(startOrder(graph)).toHaveLength(count);
    expect(longestChain(graph)).toHaveLength(count);
    expect(dependents(graph, "pc2/A0")).toHaveLength(count - 1);
    const ring = graphOf(`A0>A${count - 1}`, ...chain.slice(1));
    expect(findCycles(ring).map(({ length }) => length)).toEqual([count + 1]);
  });
});
