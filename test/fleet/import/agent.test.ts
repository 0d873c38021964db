import { describe, expect, it } from "vitest";
import { agent, pairOf, run, said, variable } from "./fixture.ts";

const lines = (agents: Record<string, unknown>[], portOffset = 0) => said(run(pairOf(agents), { portOffset }));

describe("an agent of a startup file", () => {
  it("is content with one that states all, and with health_check_port for health_port", () => {
    expect(lines([agent("A", 7000)])).toEqual([]);
    const { health_port, ...rest } = agent("A", 7000);
    expect(lines([{ ...rest, health_check_port: health_port }])).toEqual([]);
    expect(lines([agent("A", 7000, { health_check_port: 1 })])).toEqual([
      "error port.unresolved health_port and health_check_port differ",
    ]);
  });

  it("adds the offset to ports that ask for it, and names a port that nothing resolves", () => {
    const { files } = run(
      pairOf([
        agent("A", 0, { port: `${variable("PORT_OFFSET")}+7000`, health_port: `${variable("PORT_OFFSET")}+8000` }),
      ]),
      { portOffset: 40 },
    );
    expect(files.get("mainpc.yaml")).toContain("port: 7040, healthPort: 8040, httpPort: 8041");
    expect(lines([agent("A", 0, { port: `${variable("BASE")}+1`, health_port: 8000 })])).toEqual([
      `error port.unresolved port: ${variable("BASE")}+1 cannot be resolved: only PORT_OFFSET is known here`,
    ]);
  });

  it("refuses a second agent of one name on a machine, also in another file, with the place of the first", () => {
    const files = [
      ...pairOf([agent("A", 7000)]),
      { file: "more.yaml", text: "machine: mainpc\nagents:\n  - { name: A, port: 7100 }\n" },
    ];
    const { findings } = run(files);
    expect(findings.filter(({ severity }) => severity === "error")).toMatchObject([
      { file: "more.yaml", line: 3, agent: "mainpc/A", message: "A stands on mainpc twice (first: mainpc.yaml:3)" },
    ]);
  });

  it("names keys that it does not carry over once each, with who has them", () => {
    const more = { script_path: "a.py", config: { batch_size: 3 }, gpu: true };
    expect(lines([agent("A", 7000, more), agent("B", 7010, more), agent("C", 7020, { gpu: false })])).toEqual([
      "note key.left script_path is not carried over: A, B",
      "note key.left config is not carried over: A, B",
      "note key.left gpu is not carried over: A, B",
    ]);
  });

  it("refuses values of another kind and names that the inventory does not take", () => {
    expect(lines([agent("A", 7000, { dependencies: "B", required: "yes" })])).toEqual([
      expect.stringMatching(/^error agent.value required: /),
      expect.stringMatching(/^error agent.value dependencies: /),
    ]);
    expect(lines([agent("speech agent", 7000)])).toEqual(["error name.form speech agent is no agent's name"]);
    expect(lines([{ name: "A" }])[0]).toBe("error port.none mainpc/A states no port");
  });

  it("is required where the file does not say it, and a note says so", () => {
    const { required, ...rest } = agent("A", 7000);
    expect(required).toBe(true);
    expect(lines([rest])).toEqual(["note required.unstated no word on required, written as true: A"]);
  });

  it("is there on each machine of the pair, or the import says so", () => {
    const { files, findings } = run(pairOf([], [agent("Edge", 7_900)]));
    expect(findings.map(({ code, message }) => `${code} ${message}`)).toEqual(["machine.empty mainpc has no agents"]);
    expect(files.size).toBe(0);
  });
});
