import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { agent, errorsOf, type Fields, pairOf, run, said } from "./fixture.ts";

const on = (...dependencies: string[]) => ({ dependencies });
const plan = (text: string) => ({ file: "plan.yaml", text });

interface Proposal {
  batches: { name: string; agents: string[] }[];
  corrections?: { agent: string; from: string; to: string; because: string }[];
}

function proposed(mainpc: Fields[], pc2: Fields[], ...more: ReturnType<typeof plan>[]) {
  const result = run([...pairOf(mainpc, pc2), ...more]);
  expect(errorsOf(result.files)).toEqual([]);
  const { batches, corrections = [] } = parse(result.files.get("batches.yaml") ?? "") as Proposal; // our own output
  return {
    batches: batches.map(({ name, agents }) => `${name}: ${agents.join(" ")}`),
    corrections: corrections.map(({ agent: id, from, to, because }) => `${id}: ${from} → ${to}: ${because}`),
    said: said(result),
  };
}
const many = (count: number, group: string, from: number) =>
  Array.from({ length: count }, (_, index) => agent(`${group}${index}`, from + 2 * index, { group }));

describe("the batches of an import", () => {
  it("follow the numbers of a file, then the groups of the other", () => {
    const { batches } = proposed([agent("A", 7000)], [agent("C", 7010, { batch: 10 }), agent("B", 7000, { batch: 2 })]);
    expect(batches).toEqual(["pc2 2: pc2/B", "pc2 10: pc2/C", "mainpc Core: mainpc/A"]);
  });

  it("put core services, the GPU's and language first, and the others together as they come near to ten", () => {
    const groups: [string, number][] = [
      ["memory", 3],
      ["tools", 8],
      ["gpu_infrastructure", 1],
      ["reasoning", 9],
      ["vision", 2],
      ["core_services", 2],
    ];
    const agents = groups.flatMap(([group, count], index) => many(count, group, 3_000 + 100 * index));
    const { batches } = proposed(agents, [agent("Z", 7000, { batch: 1 })]);
    const sizes = batches.map((line) => [
      line.split(":")[0],
      line.split(" ").filter((word) => word.includes("/")).length,
    ]);
    expect(sizes).toEqual([
      ["pc2 1", 1],
      ["mainpc Core Services", 2],
      ["mainpc GPU Infrastructure", 1],
      ["mainpc Memory and Tools", 11],
      ["mainpc Reasoning", 9],
      ["mainpc Vision", 2],
    ]);
  });

  it("have an agent wait for what it needs, with a correction that says so", () => {
    const { batches, corrections } = proposed(
      [agent("A", 7000)],
      [agent("B", 7000, { batch: 1, ...on("C") }), agent("C", 7010, { batch: 2 }), agent("D", 7020, { batch: 1 })],
    );
    expect(batches.slice(0, 2)).toEqual(["pc2 1: pc2/D", "pc2 2: pc2/C pc2/B"]);
    expect(corrections).toEqual(["pc2/B: pc2 1 → pc2 2: it needs C, which is in pc2 2"]);
  });

  it("leave a batch out that everybody left, and the correction from it", () => {
    const two = [agent("B", 7000, { batch: 1, ...on("C") }), agent("C", 7010, { batch: 2 })];
    const { batches, corrections, said: lines } = proposed([agent("A", 7000)], two);
    expect([batches[0], corrections]).toEqual(["pc2 2: pc2/C pc2/B", []]);
    expect(lines).toContain(
      "note batch.moved pc2/B is planned for pc2 1; written: pc2 2, since it needs C, which is in pc2 2",
    );
  });

  it("put an agent without a plan to the first that needs it, and else to the last of its machine", () => {
    const { batches, corrections } = proposed(
      [agent("A", 7000)],
      [
        agent("Base", 7000),
        agent("Rest", 7010),
        agent("B", 7020, { batch: 1, ...on("Base") }),
        agent("C", 7030, { batch: 2, ...on("Base") }),
      ],
    );
    expect(batches.slice(0, 2)).toEqual(["pc2 1: pc2/Base pc2/B", "pc2 2: pc2/Rest pc2/C"]);
    expect(corrections).toEqual([]);
  });

  it("start with the pilots, on both machines, and correct the batch that has them too", () => {
    const {
      batches,
      corrections,
      said: lines,
    } = proposed(
      [agent("ResourceManager", 7000)],
      [agent("ResourceManager", 7000, { batch: 1 }), agent("B", 7010, { batch: 1 })],
    );
    expect(batches).toEqual(["pilots: mainpc/ResourceManager pc2/ResourceManager", "pc2 1: pc2/B"]);
    expect(corrections).toEqual(["pc2/ResourceManager: pc2 1 → pilots: it is a pilot too, and pilots go first"]);
    expect(lines).toContain(
      "warning batch.unknown planned for the pilots, but in no inventory (mainpc, pc2): ObservabilityHub, UnifiedUtilsAgent",
    );
  });

  it("follow a plan of their own, and name who in it is in no inventory, with its line", () => {
    const text =
      "batches:\n  - { name: pilots, agents: [B] }\n  - name: first\n    agents: [A, Nobody, Cc]\n  - { name: second, agents: [A, B] }\n";
    const mainpc = [agent("A", 7000), agent("C", 7010), agent("CC", 7020)];
    const { batches, corrections } = proposed(mainpc, [agent("B", 7000)], plan(text));
    expect(batches).toEqual(["pilots: pc2/B", "second: mainpc/A mainpc/C mainpc/CC"]);
    expect(corrections).toEqual(["pc2/B: second → pilots: it is a pilot too, and pilots go first"]);
    const { findings } = run([...pairOf(mainpc, [agent("B", 7000)]), plan(text)]);
    expect(findings.filter(({ code }) => code === "batch.unknown")).toMatchObject([
      {
        severity: "warning",
        file: "plan.yaml",
        line: 4,
        agent: "Nobody",
        message: "batch first names Nobody, which is in no inventory; left out",
      },
      { line: 4, next: "Did you mean CC?" },
    ]);
  });

  it("take the later of two batches that a plan has an agent in", () => {
    const text = "batches:\n  first: [A, B]\n  second: [A]\n";
    const { batches, corrections } = proposed([agent("A", 7000)], [agent("B", 7000)], plan(text));
    expect(batches).toEqual(["first: pc2/B", "second: mainpc/A"]);
    expect(corrections).toEqual([
      "mainpc/A: first → second: it is planned for both, and nothing moves before its time",
    ]);
  });
});
