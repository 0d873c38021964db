import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildGraph, dependents, longestChain } from "../../fleet/graph.ts";
import { loadFleet, requireFleet } from "../../fleet/load.ts";

const dir = join(import.meta.dirname, "plan-facts");
const { fleet, findings } = loadFleet(dir);
const of = (code: string) => findings.filter((finding) => finding.code === code);

describe("the plan's own inventory, checked", () => {
  it("has 54 agents on mainpc and 23 on pc2", () => {
    const counts = fleet.inventories.map(({ machine, agents }) => `${machine} ${agents.length}`);
    expect(counts).toEqual(["mainpc 54", "pc2 23"]);
  });

  it("has one cycle of hard dependencies, printed as a path with its file and line", () => {
    expect(of("dependency.cycle").map(({ file, line, message }) => `${file}:${line} ${message}`)).toEqual([
      "mainpc.yaml:45 a cycle of hard dependencies: TTSService → StreamingInterruptHandler → StreamingTTSAgent → TTSService",
    ]);
  });

  it("has 31 ports of health + 1 that another agent listens on, 21 on mainpc and 10 on pc2", () => {
    const clashes = of("port.clash").filter(({ message }) => message.includes("HTTP port"));
    const counts = Map.groupBy(clashes, ({ file }) => file);
    expect([clashes.length, counts.get("mainpc.yaml")?.length, counts.get("pc2.yaml")?.length]).toEqual([31, 21, 10]);
    expect(clashes[0]?.message).toMatch(
      /^port \d+ on mainpc: \w+'s (health|HTTP) port is also \w+'s (health|HTTP) port \(mainpc\.yaml:\d+\)$/,
    );
  });

  it("has ObservabilityHub on both machines, on the hubs' own ports", () => {
    expect(of("name.both").map(({ message }) => message)).toEqual([
      "ObservabilityHub stands on mainpc and on pc2; they are told apart as mainpc/ObservabilityHub and pc2/ObservabilityHub",
    ]);
    expect(of("port.clash").flatMap(({ message }) => (message.includes("the hub") ? [message] : []))).toEqual([
      "port 9000 on mainpc: ObservabilityHub is also the hub",
      "port 9100 on pc2: ObservabilityHub's health port is also the hub",
    ]);
  });

  it("has VisionProcessingAgent on the error bus's port 7150", () => {
    const messages = of("port.clash").map(({ message }) => message);
    expect(messages).toContain("port 7150 on pc2: VisionProcessingAgent is also the error bus (pc2.yaml:6)");
  });

  it("has TaskScheduler in batch 1 although the AsyncProcessor that it needs is in batch 3", () => {
    expect(of("batch.order").map(({ message }) => message)).toContain(
      "pc2/TaskScheduler is in batch 2 (pc2 1) but needs pc2/AsyncProcessor, which is in batch 4 (pc2 3)",
    );
  });

  it("contradicts its batches as decision 003 lists it, and in nothing else", () => {
    const ordered = of("batch.order").map(({ message }) => message.match(/^\S+|(?<=needs )[^,]+/g)?.join(" needs "));
    expect(ordered).toEqual([
      "mainpc/ObservabilityHub needs mainpc/SystemDigitalTwin",
      "pc2/TaskScheduler needs pc2/AsyncProcessor",
      "mainpc/GoalManager needs mainpc/MemoryClient",
      "mainpc/AdvancedCommandHandler needs mainpc/CodeGenerator",
      "mainpc/Responder needs mainpc/EmotionEngine",
      "mainpc/Responder needs mainpc/FaceRecognitionAgent",
      "mainpc/Responder needs mainpc/StreamingTTSAgent",
      "mainpc/Responder needs mainpc/TTSService",
    ]);
    const others = findings.filter(({ code }) => code.startsWith("batch.") && code !== "batch.order");
    expect(others.map(({ message }) => message)).toEqual([
      "pc2/ResourceManager is in batch pilots already",
      "pc2/UnifiedUtilsAgent is in batch pilots already",
      "pc2/ExperienceTracker is in batch pc2 2 already",
    ]);
  });

  it("is depended on as the plan says: SystemDigitalTwin by 52, MemoryOrchestratorService directly by 8", () => {
    const graph = buildGraph(fleet.agents);
    expect(dependents(graph, "mainpc/SystemDigitalTwin")).toHaveLength(52);
    const direct = graph.ids.filter((id) => graph.needs.get(id)?.includes("pc2/MemoryOrchestratorService"));
    expect(direct).toHaveLength(8);
  });

  it("has a longest chain of 9 agents once an interruption no longer needs the speech that it interrupts", () => {
    const cut = fleet.agents.map((agent) =>
      agent.name === "StreamingInterruptHandler"
        ? { ...agent, needs: agent.needs.filter((name) => name !== "StreamingTTSAgent") }
        : agent,
    );
    expect(longestChain(buildGraph(cut))).toHaveLength(9);
  });

  it("is refused by every command, naming each error with its file and line", () => {
    expect(() => requireFleet(dir)).toThrow(/mainpc\.yaml:45: a cycle of hard dependencies/);
  });
});
