import { describe, expect, it } from "vitest";
import { agent, errorsOf, type Fields, pairOf, run, said } from "./fixture.ts";

const on = (...dependencies: string[]) => ({ dependencies });
const lines = (mainpc: Fields[], pc2?: Fields[]) => said(run(pairOf(mainpc, pc2)));

/** The edges of all agents as the files have them. */
function edges(mainpc: Fields[], pc2?: Fields[]) {
  const { files } = run(pairOf(mainpc, pc2));
  expect(errorsOf(files)).toEqual([]);
  const found = [...files.values()].join("").matchAll(/name: (\w+),.*\n.*\n +((?:needs|wants): .*?)(?: }|,)\n/g);
  return [...found].map(([, name, text]) => `${name} ${text}`);
}

describe("the dependencies of an import", () => {
  it("are hard, each once", () => {
    const agents = [agent("A", 7000), agent("B", 7010, on("A", "A", "B"))];
    expect(edges(agents)).toEqual(["B needs: [A]"]);
    expect(lines(agents)).toEqual([
      "warning dependency.twice mainpc/B names A twice; written once",
      "warning dependency.self mainpc/B depends on itself; left out",
    ]);
  });

  it("are refused where a name is in no inventory, with the one that was meant", () => {
    const { findings, files } = run(pairOf([agent("Reader", 7000), agent("B", 7010, on("Raeder", "Nobody"))]));
    expect(files.size).toBe(0);
    expect(findings.filter(({ severity }) => severity === "error")).toMatchObject([
      {
        file: "mainpc.yaml",
        agent: "mainpc/B",
        message: "mainpc/B depends on Raeder, which is in no inventory",
        next: "Did you mean Reader?",
      },
      {
        message: "mainpc/B depends on Nobody, which is in no inventory",
        next: "Give the file that has it too, or take the name out",
      },
    ]);
  });

  it("mean the agent on the same machine first, and a note tells agents of both apart", () => {
    const both = [agent("A", 7000)];
    expect(edges(both, [agent("A", 7000), agent("B", 7010, on("A"))])).toEqual(["B needs: [A]"]);
    expect(lines(both, [agent("A", 7000)])).toEqual([
      "note name.both A stands on mainpc and pc2; they are told apart as mainpc/A and pc2/A, and the plain name means the one on the same machine",
    ]);
  });

  it("that lead to the other machine wait for it until somebody decides", () => {
    const [relay, speaker] = [agent("Relay", 7000, on("Speaker")), agent("Speaker", 7010)];
    expect(edges([speaker], [relay])).toEqual(["Relay needs: [mainpc/Speaker]"]);
    expect(run(pairOf([speaker], [relay])).files.get("pc2.yaml")).toContain(
      "crosses: { mainpc/Speaker: { mode: wait, reason: not decided yet; what a startup file depends on is taken to be needed } }",
    );
    expect(lines([speaker], [relay])).toEqual([
      "warning dependency.crosses pc2/Relay depends on mainpc/Speaker, on another machine; written: crosses with mode wait, it stands still while that machine is away",
    ]);
  });

  it("of the hub are soft, since it starts before any agent", () => {
    const hub = agent("ObservabilityHub", 9000, { health_port: 9100, ...on("A") });
    expect(edges([hub, agent("A", 7000)])).toEqual(["ObservabilityHub wants: [A]"]);
    expect(lines([hub, agent("A", 7000)])[0]).toMatch(/^warning dependency.hub .*depends on A; written as wants/);
  });

  it("in a ring lose the edge without which the longest chain stays longest", () => {
    // Without B → C five still wait for each other in a row: C, A, B, D and E.
    const agents = [
      agent("A", 7000, on("B")),
      agent("B", 7010, on("C", "D")),
      agent("C", 7020, on("A")),
      agent("D", 7030, on("E")),
      agent("E", 7040),
    ];
    expect(edges(agents)).toEqual(["A needs: [B]", "B needs: [D], wants: [C]", "C needs: [A]", "D needs: [E]"]);
    expect(lines(agents)).toEqual([
      "warning dependency.cycle a cycle of dependencies: A → B → C → A; written: B wants C, the edge without which the longest chain stays longest, 5 agents",
    ]);
  });

  it("in the ring that PC2 once had lose the edge of the last agent, as all four leave the same chain", () => {
    const agents = [
      agent("SystemHealthManager", 7000, on("PerformanceLoggerAgent")),
      agent("PerformanceLoggerAgent", 7010, on("PerformanceMonitor")),
      agent("PerformanceMonitor", 7020, on("HealthMonitor")),
      agent("HealthMonitor", 7030, on("SystemHealthManager")),
    ];
    expect(lines([agent("A", 7100)], agents)).toEqual([
      "warning dependency.cycle a cycle of dependencies: SystemHealthManager → PerformanceLoggerAgent → PerformanceMonitor → HealthMonitor → SystemHealthManager; written: HealthMonitor wants SystemHealthManager, the edge without which the longest chain stays longest, 4 agents",
    ]);
  });

  it("in two rings that share an agent lose an edge of each, across machines too", () => {
    const left = [agent("A", 7000, on("B", "C")), agent("B", 7010, on("A"))];
    expect(errorsOf(run(pairOf(left, [agent("C", 7000, on("A"))])).files)).toEqual([]);
    expect(lines(left, [agent("C", 7000, on("A"))]).filter((line) => line.includes("dependency.cycle"))).toHaveLength(
      2,
    );
  });
});
