import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildGraph, longestChain, resolveName } from "../../fleet/graph.ts";
import { fleetDir, loadFleet } from "../../fleet/load.ts";
import { reservedPorts } from "../../fleet/reserved-ports.ts";

const { fleet, findings } = loadFleet(fleetDir);
const plan = loadFleet(join(import.meta.dirname, "plan-facts")).fleet;
const graph = buildGraph(fleet.agents);
const ids = new Set(graph.ids);
const agentOf = (id: string) => fleet.agents.find((agent) => agent.id === id);

describe("this repository's inventory", () => {
  it("has no error, and all 77 agents in the plan's order", () => {
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(fleet.inventories.map(({ agents }) => agents.length)).toEqual([54, 23]);
    expect(graph.ids).toEqual(plan.agents.map(({ id }) => id));
  });

  it("departs from the plan's ports for the hubs and VisionProcessingAgent only", () => {
    const moved = plan.agents.filter(({ id, port, healthPort }) => {
      const own = agentOf(id);
      return own?.port !== port || own.healthPort !== healthPort;
    });
    expect(moved.map(({ id }) => id)).toEqual([
      "mainpc/ObservabilityHub",
      "pc2/VisionProcessingAgent",
      "pc2/ObservabilityHub",
    ]);
  });

  it("keeps every dependency of the plan, two of them soft", () => {
    const soft = plan.agents.flatMap(({ id, needs }) => {
      const own = agentOf(id);
      expect([...(own?.needs ?? []), ...(own?.wants ?? [])].sort()).toEqual([...needs].sort());
      return (own?.wants ?? []).map((name) => `${id} ${name}`);
    });
    expect(soft).toEqual([
      "mainpc/ObservabilityHub SystemDigitalTwin",
      "mainpc/StreamingInterruptHandler StreamingTTSAgent",
    ]);
  });

  it("has a longest chain of 9, 52 edges to SystemDigitalTwin and 8 to MemoryOrchestratorService", () => {
    expect(longestChain(graph)).toHaveLength(9);
    const edgesTo = (target: string) =>
      fleet.agents.flatMap(({ machine, needs, wants }) =>
        [...needs, ...wants].filter((name) => resolveName(name, machine, ids) === target),
      ).length;
    expect(edgesTo("mainpc/SystemDigitalTwin")).toBe(52);
    expect(edgesTo("pc2/MemoryOrchestratorService")).toBe(8);
  });

  it("has the hubs as themselves on 9000 and 9100, asked by HTTP", () => {
    const hubs = fleet.agents.filter(({ isHub }) => isHub);
    expect(hubs.map(({ id, httpPort, health }) => `${id} ${health.kind} ${httpPort}${health.path}`)).toEqual([
      "mainpc/ObservabilityHub http 9000/readyz",
      "pc2/ObservabilityHub http 9100/readyz",
    ]);
  });

  it("gives no port twice to agents, standbys and routes of both machines, so that they fit on one computer", () => {
    const ports = fleet.agents.flatMap(({ isHub, port, healthPort, httpPort, standby, route }) =>
      isHub
        ? []
        : [port, healthPort, httpPort, ...Object.values(standby ?? {}), ...(route === undefined ? [] : [route])],
    );
    expect(new Set(ports).size).toBe(ports.length);
    expect(reservedPorts.filter(({ port }) => ports.includes(port))).toEqual([]);
    // Outgoing connections take theirs from 32768 on, and would hold one now and then.
    expect(Math.max(...ports)).toBeLessThan(32_768);
  });

  it("has 13 agents of mainpc stand by on pc2 and the two pilots on mainpc", () => {
    const standbys = fleet.agents.filter(({ standby }) => standby !== undefined);
    expect(standbys.filter(({ machine }) => machine === "mainpc")).toHaveLength(13);
    expect(standbys.filter(({ machine }) => machine === "pc2").map(({ name, mode }) => `${name} ${mode}`)).toEqual([
      "ResourceManager warm",
      "UnifiedUtilsAgent warm",
    ]);
  });

  it("leaves the two stores of mainpc where their files are, and nothing that moves needs them", () => {
    const stores = ["mainpc/KnowledgeBase", "mainpc/SessionMemoryAgent"];
    expect(stores.map((id) => agentOf(id)?.mode)).toEqual(["notify", "notify"]);
    const movers = fleet.agents.filter(({ standby }) => standby !== undefined);
    expect(movers.filter(({ id }) => graph.needs.get(id)?.some((need) => stores.includes(need)))).toEqual([]);
  });

  it("says of all that speaks through StreamingTTSAgent, and of what assigns work or writes memory, that it is one writer", () => {
    const speakers = (graph.neededBy.get("mainpc/StreamingTTSAgent") ?? []).map(agentOf);
    expect(speakers.map((agent) => `${agent?.name} ${agent?.singleWriter?.value}`)).toEqual([
      "Responder true",
      "EmpathyAgent true",
    ]);
    const others = ["ModelOrchestrator", "LearningOpportunityDetector"];
    expect(others.map((name) => agentOf(`mainpc/${name}`)?.singleWriter?.value)).toEqual([true, true]);
  });

  it("says of stores and schedulers that they are one writer, of translators that they are not", () => {
    const writers = (names: string[]) => names.map((name) => agentOf(`mainpc/${name}`)?.singleWriter?.value);
    expect(writers(["KnowledgeBase", "SessionMemoryAgent", "RequestCoordinator", "GoalManager"])).not.toContain(false);
    expect(writers(["TranslationService", "NLLBAdapter", "FixedStreamingTranslation", "NLUAgent"])).not.toContain(true);
  });

  it("starts with the pilots, and records that TaskScheduler moved behind the AsyncProcessor that it needs", () => {
    expect(fleet.batches[0]?.agents.map((id) => id.split("/")[1])).toEqual([
      "ObservabilityHub",
      "ObservabilityHub",
      "ResourceManager",
      "UnifiedUtilsAgent",
    ]);
    const corrected = findings.filter(({ code }) => code === "batch.corrected").map(({ message }) => message);
    expect(corrected).toContainEqual(expect.stringMatching(/^pc2\/TaskScheduler was planned for .* AsyncProcessor/));
    for (const name of ["ResourceManager", "UnifiedUtilsAgent"])
      expect(corrected).toContainEqual(
        expect.stringContaining(`pc2/${name} was planned for pc2 1 and stands in pilots`),
      );
  });
});
