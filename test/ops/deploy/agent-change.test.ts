import { describe, expect, it } from "vitest";
import { AgentContainer } from "../../../fleet/container.ts";
import { Agent, type PlacedAgent } from "../../../fleet/model.ts";
import { containerChangeOf } from "../../../ops/deploy/agent-change.ts";
import { changesOf } from "../../../ops/deploy/changes.ts";

const tutor = (container: Record<string, unknown> | undefined, rest: Record<string, unknown> = {}): PlacedAgent => ({
  ...Agent.parse({
    name: "Tutor",
    group: "tutoring",
    required: false,
    port: 5_000,
    healthPort: 6_000,
    httpPort: 6_001,
    health: { kind: "http" },
    ...rest,
  }),
  ...(container === undefined ? {} : { container: AgentContainer.parse({ image: "tutor:2", ...container }) }),
  machine: "mainpc",
  id: "mainpc/Tutor",
});

describe("what bringing back an agent changes is known without a preview", () => {
  it("where its image and command alone were others: its container restarts, and an up may touch nothing else", () => {
    const known = containerChangeOf(tutor({}), tutor({ image: "tutor:1", command: ["--slow"] }), "mainpc");
    expect(known?.targets).toEqual(["**::mainpc-agent-Tutor", "**::mainpc-agent-Tutor-*"]);
    expect(changesOf(known?.steps ?? [], "mainpc")).toMatchObject({
      containers: [
        { part: "Tutor", agent: { name: "Tutor", role: "home" }, action: "replace", because: ["image", "command"] },
      ],
      isFirst: false,
    });
  });

  it("of its standby on the other machine", () => {
    const known = containerChangeOf(tutor({}), tutor({ image: "tutor:1" }), "pc2");
    expect(known?.targets[0]).toBe("**::pc2-agent-Tutor-standby");
    expect(changesOf(known?.steps ?? [], "pc2").containers).toMatchObject([{ part: "Tutor-standby" }]);
  });

  it("where it was as it is: nothing", () => {
    expect(containerChangeOf(tutor({}), tutor({}), "mainpc")?.steps).toEqual([]);
  });

  it.each([
    ["its port was another, which hubs read too", tutor({ image: "tutor:1" }, { port: 5_001 })],
    ["it had no container", tutor(undefined)],
    ["it was not there", undefined],
  ])("but not where %s", (_, then) => {
    expect(containerChangeOf(tutor({}), then, "mainpc")).toBeUndefined();
  });
});
