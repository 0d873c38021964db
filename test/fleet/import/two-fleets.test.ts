import { describe, expect, it } from "vitest";
import { fleetDir, loadFleet } from "../../../fleet/load.ts";
import type { PlacedAgent } from "../../../fleet/model.ts";
import { loadResult, monthLaterFiles, planFiles, run } from "./fixture.ts";

const plan = run(planFiles());
const later = run(monthLaterFiles());

const warned = ({ findings }: typeof plan, code: string) =>
  findings.flatMap((each) => (each.severity === "warning" && each.code === code ? [each.message] : []));
const agentOf = (fleet: { agents: PlacedAgent[] }, id: string) => fleet.agents.find((agent) => agent.id === id);

describe.each([
  ["of the plan", plan, planFiles, [54, 23]],
  ["a month later", later, monthLaterFiles, [49, 23]],
] as const)("the import of the fleet %s", (_, result, filesOf, counts) => {
  const { fleet, findings } = loadResult(result.files);

  it("has every agent and no error, for the import and for the check", () => {
    expect([...result.machines]).toEqual([
      ["mainpc", counts[0]],
      ["pc2", counts[1]],
    ]);
    expect(fleet.inventories.map(({ agents }) => agents.length)).toEqual([...counts]);
    expect([...result.findings, ...findings].filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("gives the same bytes again", () => {
    expect(run(filesOf()).files).toEqual(result.files);
  });

  it("says where each of its findings stands, and what to do about each warning that leaves something to do", () => {
    for (const { file, line, severity, code, next } of result.findings) {
      expect(file).toMatch(/^(mainpc|pc2)\.yaml$/);
      expect(line).toBeGreaterThan(0);
      if (severity === "warning" && code !== "dependency.hub") expect(next).not.toBe("");
    }
  });
});

describe("the import of the fleet of the plan", () => {
  const { fleet } = loadResult(plan.files);
  const present = loadFleet(fleetDir).fleet;

  it("is the inventory of this repository in names, order, ports and dependencies", () => {
    const view = ({ id, port, healthPort, isHub, required, health, needs, wants }: PlacedAgent) => ({
      id,
      port,
      healthPort,
      isHub,
      required,
      health,
      needs,
      wants,
    });
    expect(fleet.agents.map(view)).toEqual(present.agents.map(view));
  });

  it("departs from it in pc2's groups, which no startup file has, and in HTTP ports that are free as they are", () => {
    const other = (key: "group" | "httpPort") =>
      fleet.agents.filter((agent) => agentOf(present, agent.id)?.[key] !== agent[key]);
    expect(new Set(other("group").map(({ machine, group }) => `${machine} ${group}`))).toEqual(
      new Set(["pc2 ungrouped"]),
    );
    for (const { httpPort, healthPort } of other("httpPort")) expect(httpPort).toBe(healthPort + 1);
    expect(other("httpPort")).toHaveLength(44);
  });

  it("softens the ring of speech as decision 002 did, and names it", () => {
    expect(warned(plan, "dependency.cycle")).toEqual([
      "a cycle of dependencies: TTSService → StreamingInterruptHandler → StreamingTTSAgent → TTSService; written: StreamingInterruptHandler wants StreamingTTSAgent, the edge without which the longest chain stays longest, 9 agents",
    ]);
    expect(plan.findings.find(({ code }) => code === "dependency.cycle")).toMatchObject({
      file: "mainpc.yaml",
      line: 46,
      agent: "mainpc/StreamingInterruptHandler",
    });
  });

  it("has ObservabilityHub on both machines as the hub, on the site's ports 9000 and 9100", () => {
    const hubs = fleet.agents.filter(({ isHub }) => isHub);
    expect(hubs.map(({ id, port, healthPort, httpPort }) => `${id} ${port} ${healthPort} ${httpPort}`)).toEqual([
      "mainpc/ObservabilityHub 9000 9000 9000",
      "pc2/ObservabilityHub 9100 9100 9100",
    ]);
    const notes = plan.findings.filter(({ code }) => code === "hub.ports").map(({ message }) => message);
    expect(notes[1]).toBe(
      "pc2/ObservabilityHub is the hub, which Tandem brings, with ports of the site: 9100 for all three, not 9000, 9100, prometheus_port 9000",
    );
  });

  it("moves VisionProcessingAgent off 7150, the error bus's port", () => {
    expect(warned(plan, "port.moved")).toEqual([
      "port 7150 on pc2: VisionProcessingAgent is also the error bus; written: 7151, the next free one",
    ]);
    expect(fleet.inventories[1]?.alsoListening).toEqual([{ name: "error bus", port: 7150 }]);
  });

  it("finds the 31 ports of health + 1 that are a neighbour's, 21 on mainpc and 10 on pc2", () => {
    const found = warned(plan, "http.port");
    expect(found.map((message) => message.split(" ")[3]).filter((machine) => machine === "mainpc:")).toHaveLength(21);
    expect(found).toHaveLength(31);
    expect(found[0]).toBe(
      "port 8212 on mainpc: ModelManagerSuite's HTTP port, health port + 1, is also LearningOrchestrationService's health port (mainpc.yaml:26); written: 17211",
    );
  });

  it("proposes the batches that the repository has, but for what is named in two and what was moved by hand", () => {
    const batchOf = (of: typeof fleet, id: string) => {
      const batch = of.batches.find(({ agents }) => agents.includes(id));
      // Titles of mainpc's later batches are made of their groups.
      return batch?.agents.find((each) => each !== id && !moved.includes(each));
    };
    const moved = ["pc2/ExperienceTracker", "mainpc/GoalManager", "mainpc/AdvancedCommandHandler"];
    const together = (of: typeof fleet) =>
      of.batches.map(({ agents }) => agents.filter((id) => !moved.includes(id)).sort());
    expect(together(fleet)).toEqual(together(present));
    expect(batchOf(fleet, "pc2/ExperienceTracker")).toBe("pc2/CacheManager");
    expect(fleet.corrections?.map(({ agent }) => agent)).toContain("pc2/TaskScheduler");
  });
});

describe("the import of the fleet a month later", () => {
  const { fleet } = loadResult(later.files);

  it("has no ring left, and three agents on both machines", () => {
    expect(warned(later, "dependency.cycle")).toEqual([]);
    const twins = later.findings.flatMap(({ code, message }) => (code === "name.both" ? [message.split(" ")[0]] : []));
    expect(twins).toEqual(["SelfHealingSupervisor", "MemoryFusionHub", "UnifiedObservabilityCenter"]);
  });

  it("moves UnifiedObservabilityCenter off 9100 on pc2, where the hub is, unless it is said to be the hub", () => {
    expect(warned(later, "port.moved")).toEqual([
      "port 9100 on pc2: UnifiedObservabilityCenter is also Tandem's own (hub); written: 9101, the next free one",
    ]);
    expect(agentOf(fleet, "mainpc/UnifiedObservabilityCenter")?.port).toBe(9100);
    const hubs = run(monthLaterFiles(), { hubs: ["UnifiedObservabilityCenter"] });
    expect(warned(hubs, "port.moved")).toEqual([]);
    const asHub = loadResult(hubs.files);
    expect(asHub.findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(asHub.fleet.agents.flatMap(({ isHub, port }) => (isHub ? [port] : []))).toEqual([9000, 9100]);
  });

  it("has SpeechRelayService on pc2 wait for StreamingTTSAgent on mainpc, asks for a decision, and moves them together", () => {
    expect(warned(later, "dependency.crosses")).toEqual([
      "pc2/SpeechRelayService depends on mainpc/StreamingTTSAgent, on another machine; written: crosses with mode wait, it stands still while that machine is away",
    ]);
    expect(agentOf(fleet, "pc2/SpeechRelayService")).toMatchObject({
      needs: ["VisionProcessingAgent", "mainpc/StreamingTTSAgent"],
      crosses: { "mainpc/StreamingTTSAgent": { mode: "wait" } },
    });
    const batch = fleet.batches.find(({ agents }) => agents.includes("pc2/SpeechRelayService"));
    expect(batch?.agents).toContain("mainpc/StreamingTTSAgent");
  });

  it("asks each by its kind: 5 that answer nothing by tcp on their ports, 2 by HTTP, the others by ZeroMQ", () => {
    const of = (kind: string) => fleet.agents.filter(({ health }) => health.kind === kind);
    expect(of("tcp").map(({ id, port, healthPort }) => `${id} ${healthPort === port}`)).toEqual([
      "mainpc/SelfHealingSupervisor true",
      "mainpc/CrossMachineGPUScheduler true",
      "pc2/CentralErrorBus true",
      "pc2/SelfHealingSupervisor true",
      "pc2/SpeechRelayService true",
    ]);
    expect(of("http").map(({ id, healthPort, httpPort }) => `${id} ${healthPort} ${httpPort}`)).toEqual([
      "mainpc/StreamingTranslationProxy 6596 6596",
      "mainpc/ObservabilityDashboardAPI 9007 9007",
    ]);
    expect(of("zmq")).toHaveLength(65);
  });

  it("writes port + 1 for health for 20 whose code listens there, the file's for 19 whose neighbour has it", () => {
    const found = warned(later, "health.port").filter((message) => message.includes("its code listens on port + 1"));
    const kept = found.filter((message) => message.includes("cannot be both"));
    expect([found.length, kept.length]).toEqual([39, 19]);
    expect(agentOf(fleet, "mainpc/CodeGenerator")?.healthPort).toBe(5651);
    expect(agentOf(fleet, "mainpc/NLUAgent")?.healthPort).toBe(6709);
  });

  it("warns of ModelOpsCoordinator, whose REST port is its health port", () => {
    expect(warned(later, "port.shared")).toEqual([
      "mainpc/ModelOpsCoordinator: extra_ports.rest_port 8212 is its health port too, and one socket speaks one protocol",
    ]);
    expect(fleet.inventories[0]?.alsoListening.map(({ port }) => port)).toEqual([5714, 7211, 5561, 5558]);
  });

  it("says of ObservabilityHub, a pilot of the plan, that it is in no inventory", () => {
    expect(warned(later, "batch.unknown")).toEqual([
      "planned for the pilots, but in no inventory (mainpc, pc2): ObservabilityHub",
    ]);
  });
});
