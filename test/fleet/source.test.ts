import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadFleet } from "../../fleet/load.ts";
import { type Files, mainpc, pc2, scratchFleet } from "./fixture.ts";

describe("a file of the inventory", () => {
  let scratch: ReturnType<typeof scratchFleet>;
  beforeEach(() => {
    scratch = scratchFleet();
  });
  afterEach(() => scratch.remove());
  const found = (files: Files) => scratch.found(files);

  it.each([
    ["the other machine", mainpc, "mainpc"],
    ["a third one", pc2.replace("machine: pc2", "machine: nas"), "nas"],
    ["another one, and much else that is wrong", "gpu: 7\nmachine: nas\nagents: none\n", "nas"],
  ])("that states %s is refused at that line, and nothing else is said of it", (_, text, stated) => {
    const line = text.startsWith("gpu") ? 2 : 1;
    expect(found({ pc2: text })).toEqual([
      `pc2.yaml:${line} file.schema machine: pc2.yaml is the file of pc2, but states ${stated}`,
    ]);
  });

  it("with an alias that has no anchor is refused at the alias", () => {
    expect(found({ pc2: pc2.replace("gpu: RTX 3060", "gpu: *card") })).toEqual([
      "pc2.yaml:2 file.yaml Unresolved alias (the anchor must be set before the alias): card",
    ]);
  });

  it("whose aliases grow without end is refused at the alias that does", () => {
    const layers = [
      "x0: &x0 [a, b]",
      ...Array.from({ length: 9 }, (_, i) => `x${i + 1}: &x${i + 1} [${Array(9).fill(`*x${i}`)}]`),
    ];
    const [finding, ...more] = found({ pc2: `${layers.join("\n")}\n${pc2}` });
    expect(finding).toMatch(/^pc2\.yaml:[2-9] file\.yaml Excessive alias count/);
    expect(more).toEqual([]);
  });

  it("may share one anchor among 500 agents", () => {
    const agents = Array.from({ length: 500 }, (_, i) => {
      const health = i === 0 ? "&http { kind: http }" : "*http";
      const port = 10_000 + 2 * i;
      return `  - { name: A${i}, group: edge, port: ${port}, healthPort: ${port + 1}, httpPort: ${port + 1}, health: ${health}, required: true }\n`;
    });
    const [head] = pc2.split("  - ");
    expect(found({ pc2: `${head}${agents.join("")}failover: optional\n`, batches: "batches: []\n" })).toEqual([]);
  });

  it.each([
    ["", 1],
    ["# nothing yet\n", 1],
    ["---\n", 1],
  ])("that holds nothing, %j, is called empty", (text, line) => {
    expect(found({ pc2: text })).toEqual([`pc2.yaml:${line} file.schema the file is empty`]);
  });

  it.each([
    ["keys without end", `gpu: ${": ".repeat(20_000)}`],
    ["lists without end", `gpu: ${"[".repeat(20_000)}${"]".repeat(20_000)}`],
    ["101 lists", `gpu: ${"[".repeat(101)}${"]".repeat(101)}`],
  ])("that nests %s is refused, and does not fill the stack of whoever reads it", (_, nested) => {
    expect(found({ pc2: pc2.replace("gpu: RTX 3060", nested) })).toEqual([
      "pc2.yaml:1 file.yaml it is nested more deeply than 100 levels, which no inventory is",
    ]);
  });

  it("with a second document is refused where that begins", () => {
    expect(found({ pc2: `${pc2}---\n${pc2}` })).toEqual([
      "pc2.yaml:8 file.yaml a second document begins here, and a file holds one",
    ]);
  });

  it.each([
    [
      "{ kind: http, deadlineMs: 2001 }",
      "deadlineMs: 2001 is longer than intervalMs, 2000: the next probe would be due before",
    ],
    ["{ kind: zmq, path: /ready }", "path: only http agents have one, and this is zmq"],
    ["{ kind: http, request: health }", "request: only zmq agents are asked one, and this is http"],
    ["{ kind: tcp, request: health }", "request: only zmq agents are asked one, and this is tcp"],
  ])("with health %s is refused", (health, expected) => {
    expect(found({ pc2: pc2.replace("{ kind: http }", health) })).toEqual([
      `pc2.yaml:5 file.schema agents.0.health.${expected}`,
    ]);
  });

  it.each([
    ["{ intervalMs: 10 }", ".intervalMs: Too small: expected number to be >=1000"],
    [
      "{ deadlineMs: 15001 }",
      ".deadlineMs: 15001 is longer than intervalMs, 15000: the next scrape would be due before",
    ],
    ["{ path: stats }", '.path: Invalid string: must start with "/"'],
    ["none", ": Invalid input: expected object, received string"],
  ])("with metrics %s is refused", (metrics, expected) => {
    expect(found({ pc2: pc2.replace("{ kind: http }", `{ kind: http }, metrics: ${metrics}`) })).toEqual([
      `pc2.yaml:5 file.schema agents.0.metrics${expected}`,
    ]);
  });

  it("has its agents scraped every 15 s, each within 5 s or the interval of 2 s where that is shorter", () => {
    const often = "{ kind: http }, metrics: { intervalMs: 2000 }";
    scratch.write({ pc2: pc2.replace("{ kind: http }", often) });
    expect(loadFleet(scratch.dir).fleet.agents.map(({ metrics }) => metrics)).toEqual([
      { scraped: true, path: "/metrics", intervalMs: 15_000, deadlineMs: 5_000 },
      { scraped: true, path: "/metrics", intervalMs: 2_000, deadlineMs: 2_000 },
      { scraped: true, path: "/metrics", intervalMs: 15_000, deadlineMs: 5_000 },
    ]);
  });

  it("gives a probe 1000 ms, or its interval of 500 ms where that is shorter", () => {
    scratch.write({ pc2: pc2.replace("{ kind: http }", "{ kind: http, intervalMs: 500 }") });
    expect(loadFleet(scratch.dir).fleet.agents.map(({ health }) => health.deadlineMs)).toEqual([1_000, 500, 1_000]);
  });
});
