import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const planFacts = join("test", "fleet", "plan-facts");

const tandem = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["ops/tandem.ts", "fleet", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
};

describe("tandem fleet", () => {
  it("check ends with 0 and counts 77 agents when there are notes only", () => {
    const { status, stdout } = tandem("check");
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^77 agents \(54 on mainpc, 23 on pc2\), 0 errors, \d+ notes$/);
    expect(status).toBe(0);
  });

  it("check ends with 1 and prints a path from here, a line and what to do for each error", () => {
    const { status, stdout } = tandem("check", "--dir", planFacts);
    expect(stdout).toContain(
      `${join(planFacts, "mainpc.yaml")}:45: a cycle of hard dependencies: TTSService → StreamingInterruptHandler → StreamingTTSAgent → TTSService\n  → Make one of these edges soft`,
    );
    expect(status).toBe(1);
  });

  it("check --json is one object with the findings in it", () => {
    const { status, stdout } = tandem("check", "--json", "--dir", planFacts);
    const report = JSON.parse(stdout) as { errors: number; agents: number; findings: { severity: string }[] }; // our own output
    expect(report.agents).toBe(77);
    expect(report.findings.filter(({ severity }) => severity === "error")).toHaveLength(report.errors);
    expect(status).toBe(1);
  });

  it("check says which file a folder lacks", () => {
    const { status, stdout } = tandem("check", "--dir", "docs");
    expect(stdout).toContain("docs/mainpc.yaml:1: cannot be read");
    expect(status).toBe(1);
  });

  it("graph draws in Mermaid and in DOT, soft edges dashed, and prints the longest chain of 9 as a comment", () => {
    const mermaid = tandem("graph").stdout;
    expect(mermaid).toContain("mainpc_StreamingInterruptHandler -.-> mainpc_StreamingTTSAgent");
    expect(mermaid).toMatch(/^%% longest chain, 9 agents: mainpc\/Responder → .* → mainpc\/ServiceRegistry$/m);
    const dot = tandem("graph", "--format", "dot").stdout;
    expect(dot).toContain('"mainpc/StreamingInterruptHandler" -> "mainpc/StreamingTTSAgent" [style=dashed];');
  });

  it("graph says which agents a cycle keeps from starting and the errors beside the drawing, and ends with 0", () => {
    const { status, stdout, stderr } = tandem("graph", "--format", "text", "--dir", planFacts);
    expect(stdout).toMatch(/^never started, because of a cycle: .*mainpc\/TTSService/m);
    expect(stderr).toContain("a cycle of hard dependencies: TTSService →");
    expect(status).toBe(0);
  });

  it("list prints a line for each of the 77 agents", () => {
    expect(tandem("list").stdout.trimEnd().split("\n")).toHaveLength(77);
    expect(JSON.parse(tandem("list", "--json").stdout)).toHaveLength(77);
  });
});
