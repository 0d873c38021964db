import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildGraph } from "../../../fleet/graph.ts";
import { requireFleet } from "../../../fleet/load.ts";
import type { Health } from "../../../hub/core/record.ts";
import { type Ailing, findCauses, hangingText } from "../../../hub/core/suppression.ts";

const fleet = requireFleet();
const graph = buildGraph(fleet.agents);

/** The shipped fleet, well but for the agents that are named. */
const sight = (ill: Record<string, Health>, replaced: string[] = []): Ailing[] =>
  fleet.agents.map(({ id, machine, name }) => ({
    id,
    machine,
    health: ill[name] ?? "healthy",
    replaced: replaced.includes(name),
  }));
const none = new Set<string>();
const withNeeds = (...names: string[]) => Object.fromEntries(names.map((name) => [name, "unhealthy" as const]));

describe("the causes of what ails", () => {
  it("are one root when SystemDigitalTwin is dead and 2 of those that need it are ill", () => {
    const { below, hanging } = findCauses(
      graph,
      sight({ ...withNeeds("SystemDigitalTwin", "MemoryClient"), RequestCoordinator: "degraded" }),
      none,
    );
    expect([...below]).toEqual([
      ["mainpc/RequestCoordinator", "mainpc/SystemDigitalTwin"],
      ["mainpc/MemoryClient", "mainpc/SystemDigitalTwin"],
    ]);
    expect(hanging.get("mainpc/SystemDigitalTwin")).toHaveLength(2);
  });

  it("are the agents themselves when what they need is well or replaced by its standby", () => {
    expect(findCauses(graph, sight(withNeeds("MemoryClient", "RequestCoordinator")), none).below.size).toBe(0);
    const replaced = sight(withNeeds("SystemDigitalTwin", "MemoryClient"), ["SystemDigitalTwin"]);
    expect(findCauses(graph, replaced, none).below.size).toBe(0);
  });

  it("are the machine for all that is ill on it and below that elsewhere", () => {
    const ids = ["mainpc/Registry", "pc2/Reader", "pc2/Other"];
    const small = buildGraph([
      { id: "mainpc/Registry", machine: "mainpc", name: "Registry", needs: [], wants: [] },
      { id: "pc2/Reader", machine: "pc2", name: "Reader", needs: ["mainpc/Registry"], wants: [] },
      { id: "pc2/Other", machine: "pc2", name: "Other", needs: [], wants: [] },
    ]);
    const agents = ids.map((id): Ailing => {
      const [machine = ""] = id.split("/");
      return { id, machine, health: "unhealthy", replaced: false };
    });
    expect([...findCauses(small, agents, new Set(["mainpc"])).below]).toEqual([
      ["mainpc/Registry", "mainpc"],
      ["pc2/Reader", "mainpc"],
    ]);
  });

  it("keep one voice in a circle of 3 that are all dead", () => {
    const names = ["A", "B", "C"];
    const circle = buildGraph(
      names.map((name, i) => ({
        id: `m/${name}`,
        machine: "m",
        name,
        needs: [names[(i + 1) % 3] ?? ""],
        wants: [],
      })),
    );
    const agents = names.map(
      (name): Ailing => ({ id: `m/${name}`, machine: "m", health: "unhealthy", replaced: false }),
    );
    expect([...findCauses(circle, agents, none).below.values()]).toEqual(["m/A", "m/A"]);
  });
});

const anyGraph = fc.integer({ min: 1, max: 12 }).chain((count) => {
  const ids = Array.from({ length: count }, (_, i) => `m${i % 2}/A${i}`);
  const agent = (id: string) =>
    fc.record({
      id: fc.constant(id),
      machine: fc.constant(id.slice(0, 2)),
      health: fc.constantFrom<Health>("healthy", "degraded", "unhealthy", "unknown"),
      replaced: fc.boolean(),
      needs: fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 3 }),
    });
  return fc.record({
    agents: fc.tuple(...ids.map(agent)),
    lost: fc.uniqueArray(fc.constantFrom<string>("m0", "m1")),
  });
});

it("an agent without a dead need or machine is never quiet; a quiet one hangs below a loud one that is dead", () => {
  fc.assert(
    fc.property(anyGraph, ({ agents, lost }) => {
      const made = buildGraph(agents.map((agent) => ({ ...agent, name: agent.id.slice(3), wants: [] })));
      const lostMachines = new Set(lost);
      const { below, hanging } = findCauses(made, agents, lostMachines);
      const healthOf = new Map(agents.map(({ id, health }) => [id, health]));
      for (const { id, machine, needs } of agents) {
        const dead = needs.some((need) => agents.some((a) => a.id === need && a.health === "unhealthy" && !a.replaced));
        if (!dead && !lostMachines.has(machine)) expect(below.has(id)).toBe(false);
      }
      for (const [id, root] of below) {
        expect(healthOf.get(id)).not.toBe("healthy");
        expect(below.has(root)).toBe(false);
        if (!lostMachines.has(root)) expect(healthOf.get(root)).toBe("unhealthy");
      }
      expect([...hanging.values()].flat().toSorted()).toEqual([...below.keys()].toSorted());
    }),
    { numRuns: 500 },
  );
});

it("what hangs is named up to two, then counted", () => {
  expect(hangingText([])).toBeUndefined();
  expect(hangingText(["A"])).toBe("A hangs below it");
  expect(hangingText(["A", "B"], "C")).toBe("A and B hang below C");
  expect(hangingText(["MemoryClient", ...Array(11).fill("x")], "SystemDigitalTwin")).toBe(
    "MemoryClient and 11 others hang below SystemDigitalTwin",
  );
});
