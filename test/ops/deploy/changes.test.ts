import { describe, expect, it } from "vitest";
import { types } from "../../../components/policy/declared.ts";
import { changesOf, type EngineStep, hasChanges } from "../../../ops/deploy/changes.ts";

const labels = (service: string, role: string) => [
  { label: "tandem.service", value: service },
  { label: "tandem.role", value: role },
];
const step = (op: string, name: string, change: Partial<EngineStep> = {}): EngineStep => ({
  op,
  urn: `urn:pulumi:pc2::tandem::x::${name}`,
  type: /-container$|^tandem-pc2-hub$/.test(name) ? types.container : "command:remote:Command",
  diffs: [],
  oldInputs: {},
  newInputs: {},
  ...change,
});

describe("what the engine means to do", () => {
  it("is nothing when all stays the same, is refreshed or read", () => {
    const changes = changesOf(
      ["same", "refresh", "read"].map((op) => step(op, "pc2-hub-container")),
      "pc2",
    );
    expect(hasChanges(changes)).toBe(false);
    expect(changes.isFirst).toBe(false);
  });

  it("names each container once, with what it is replaced for, and counts files apart from components", () => {
    const changes = changesOf(
      [
        step("update", "pc2-hub-config", { type: "tandem:machine:ConfigFile" }),
        step("update", "pc2-hub-config-write"),
        step("create-replacement", "tandem-pc2-hub", { diffs: ["image", "labels"] }),
        step("replace", "tandem-pc2-hub", { diffs: ["image", "labels"] }),
        step("delete-replaced", "tandem-pc2-hub"),
        step("delete-replaced", "pc2-nats-container", { diffs: ["labels"] }),
        step("replace", "pc2-nats-container", { diffs: ["labels"] }),
        step("create-replacement", "pc2-nats-container", { diffs: ["labels"] }),
      ],
      "pc2",
    );
    expect(changes).toEqual({
      containers: [
        { part: "hub", agent: undefined, action: "replace", gapless: true, because: ["image", "labels"] },
        { part: "nats", agent: undefined, action: "replace", gapless: false, because: ["labels"] },
      ],
      others: { create: 0, replace: 0, update: 1, delete: 0 },
      isFirst: false,
    });
  });

  it("knows agents and standbys by their labels, whatever their names", () => {
    const agents = changesOf(
      [
        step("update", "pc2-agent-Twin-standby-container", { newInputs: { labels: labels("Twin", "standby") } }),
        step("delete", "pc2-agent-Old-container", { oldInputs: { labels: labels("Old", "home") } }),
      ],
      "pc2",
    ).containers;
    expect(agents.map(({ part, agent, action }) => [part, agent, action])).toEqual([
      ["Twin-standby", { name: "Twin", role: "standby" }, "update"],
      ["Old", { name: "Old", role: "home" }, "delete"],
    ]);
  });

  it("is a first up when all is created", () => {
    const all = [step("create", "pc2-hub-container"), step("create", "pc2-hub-config-write")];
    expect(changesOf(all, "pc2").isFirst).toBe(true);
    expect(changesOf([...all, step("same", "pc2-nats-container")], "pc2").isFirst).toBe(false);
  });
});
