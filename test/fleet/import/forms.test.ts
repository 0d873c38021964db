import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Report } from "../../../fleet/import/finding.ts";
import { readForms } from "../../../fleet/import/forms.ts";
import { run, variable } from "./fixture.ts";

function read(text: string, file = "pc2.yaml", machine?: string) {
  const report = new Report();
  const startup = readForms({ file, text, machine }, report);
  return {
    ...startup,
    names: startup.entries.map((entry) => `${entry.machine}/${entry.name} ${entry.group ?? "-"} ${entry.place().line}`),
    said: report.findings.map(({ severity, line, code, message }) => `${severity} ${line} ${code} ${message}`),
  };
}

describe("the forms of a startup file", () => {
  it("a flat list of agents says its machine", () => {
    const { names, gpu, said } = read("machine: nas\ngpu_device: none\nagents:\n  - { name: A, port: 1 }\n", "x.yaml");
    expect([names, gpu, said]).toEqual([["nas/A - 4"], "none", []]);
  });

  it("groups hold agents by name, and the group is theirs", () => {
    const text = "agent_groups:\n  core:\n    A:\n      port: 1\n    B: { port: 2 }\n  edge:\n    C: { port: 3 }\n";
    expect(read(text).names).toEqual(["pc2/A core 3", "pc2/B core 5", "pc2/C edge 7"]);
  });

  it("a list that is called a machine's services is that machine's, another is a group", () => {
    const text = "pc2_services:\n  - { name: A, port: 1 }\ncore_services:\n  - { name: B, port: 2 }\n";
    expect(read(text, "startup.yaml").names).toEqual(["pc2/A - 2", "pc2/B core_services 4"]);
    expect(read("nas_services:\n  - { name: A, port: 1 }\n", "startup.yaml").names).toEqual(["nas/A - 2"]);
  });

  it("anchors and merge keys are followed, as files for YAML 1.1 have them", () => {
    const text = "base: &base { required: true, port: 5 }\nagents:\n  - { <<: *base, name: A }\n";
    expect(read(text).entries[0]?.fields).toEqual({ required: true, port: 5, name: "A" });
    expect(read(text).said).toEqual([
      "note 1 key.left base.required is not carried over",
      "note 1 key.left base.port is not carried over",
    ]);
  });

  it("a file whose machine nothing tells is refused, and how to tell it", () => {
    const { said, machine } = read("agents:\n  - { name: A, port: 1 }\n", "startup.yaml");
    expect([said, machine]).toEqual([["error 1 file.machine it does not say which machine it is for"], undefined]);
    expect(read("agents:\n  - { name: A, port: 1 }\n", "startup.yaml", "nas").machine).toBe("nas");
  });

  it("a file that is given as one machine's and states another is refused", () => {
    expect(read("machine: pc2\nagents: []\n", "x.yaml", "mainpc").said).toEqual([
      "error 1 file.machine it is given as mainpc's, but states machine: pc2",
    ]);
  });

  it("every key that is not read is named with its line", () => {
    const { said } = read(
      "version: 3\ndefaults:\n  health_checks: { retries: 3 }\n  resource_limits: {}\nagents: []\n",
    );
    expect(said).toEqual([
      "note 1 key.left version is not carried over",
      "note 3 key.left defaults.health_checks is not carried over",
      "note 4 key.left defaults.resource_limits is not carried over",
    ]);
  });

  it("what is no agent is an error with its line", () => {
    const { said } = read("agents:\n  - A\n  - { port: 1 }\nagent_groups:\n  core: 7\n  edge:\n    B:\n");
    expect(said.map((line) => line.replace(/agent\.form /, ""))).toEqual([
      "error 2 an agent that is no map",
      "error 3 an agent without a name",
      "error 5 core holds neither a list nor a map of agents",
      "error 7 B is no map",
    ]);
  });

  it("an agent twice in one group is no YAML, and an unquoted port expression within braces is told how to be one", () => {
    expect(read("agent_groups:\n  core:\n    A: { port: 1 }\n    A: { port: 2 }\n").said[0]).toMatch(
      /^error 4 file.yaml .*unique/,
    );
    const report = new Report();
    readForms({ file: "pc2.yaml", text: `agents:\n  - { name: A, port: ${variable("PORT_OFFSET")}+1 }\n` }, report);
    expect(report.findings[0]?.next).toContain(`a port like "${variable("PORT_OFFSET")}+7200" within { } is quoted`);
  });

  it("batches stand in a list or a map, with or without agents beside them", () => {
    const list = read("batches:\n  - { name: first, agents: [A, pc2/B] }\n", "plan.yaml");
    const map = read("batches:\n  first: [A, pc2/B]\n", "plan.yaml");
    for (const { batches, said } of [list, map]) {
      expect(
        batches.map(({ name, agents }) => [name, agents.map((each) => `${each.name} ${each.place.line}`)]),
      ).toEqual([["first", ["A 2", "pc2/B 2"]]]);
      expect(said).toEqual([]);
    }
    expect(read("batches: 7\n").said[0]).toMatch(/^error 1 batch.form/);
  });

  it("a file without agents is refused", () => {
    expect(read("name: x\n").said).toContain("error 1 file.form there are no agents in it");
    expect(read("").said).toEqual(["error 1 file.schema the file is empty"]);
    expect(read("- 1\n").said).toEqual(["error 1 file.form the file is no map of keys"]);
  });

  it("no text makes an import throw", () => {
    const word = fc.constantFrom(
      "agents",
      "agent_groups",
      "pc2_services",
      "name",
      "port",
      "batches",
      "machine",
      "dependencies",
      "7",
      "A",
      "null",
    );
    const text = fc.array(
      fc.tuple(fc.constantFrom("", "  ", "    ", "  - "), word, fc.constantFrom(": ", ":", "", " ")),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(text, fc.string(), (lines, noise) => {
        for (const each of [lines.map((parts) => parts.join("")).join("\n"), noise])
          expect(run([{ file: "mainpc.yaml", text: each }]).files.size).toBe(0);
      }),
    );
  });
});
