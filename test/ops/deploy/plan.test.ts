import { describe, expect, it } from "vitest";
import type { Changes, ContainerChange } from "../../../ops/deploy/changes.ts";
import { type PlanInput, planMachine } from "../../../ops/deploy/plan.ts";
import { service } from "../services/service.ts";
import { deployment } from "./deployment.ts";

const replaced = (part: string, change: Partial<ContainerChange> = {}): ContainerChange => ({
  part,
  agent: undefined,
  action: "replace",
  gapless: false,
  because: [],
  ...change,
});
const changes = (containers: ContainerChange[], change: Partial<Changes> = {}): Changes => ({
  containers,
  others: { create: 0, replace: 0, update: 0, delete: 0 },
  isFirst: false,
  ...change,
});
const twin = replaced("Twin", { agent: { name: "Twin", role: "home" }, because: ["image"] });
const plan = (change: Partial<PlanInput>) =>
  planMachine({
    machine: "mainpc",
    peer: "pc2",
    changes: changes([]),
    services: [],
    peerAway: undefined,
    kept: [],
    bufferSeconds: Number.POSITIVE_INFINITY,
    ...change,
  });
const well = {
  mainpc: { host: "a", port: 1, health: "healthy" },
  pc2: { host: "b", port: 1, health: "healthy" },
} as const;

describe("the plan of a machine in words", () => {
  it("says of nothing that it is nothing", () => {
    expect(plan({})).toMatchObject({ isEmpty: true, words: [], moves: [], outages: [] });
  });

  it("says what a new hub, router, NATS and Pushgateway do to clients", () => {
    const containers = [
      replaced("hub", { gapless: true, because: ["image"] }),
      ...["router", "nats", "pushgateway"].map((part) => replaced(part)),
    ];
    expect(plan({ changes: changes(containers) }).words).toEqual([
      "hub: replaced without a gap (image)",
      "router: replaced, its routed connections are cut",
      "NATS: replaced, the hub spools meanwhile (about 20 s)",
      "Pushgateway: replaced, refilled",
      "one copy only of what mainpc takes: about 20 s (assumed: none was timed yet)",
      "buffer: no pushes at present",
    ]);
  });

  it("says that a hub whose old container goes first refuses connections", () => {
    expect(plan({ changes: changes([replaced("hub")]) }).words[0]).toContain("refuses connections");
  });

  it("takes the longest of the last three that were timed for how long there is one copy only", () => {
    const kept = [
      deployment({ number: 1, oneCopyMs: 60_000 }),
      deployment({ number: 2, oneCopyMs: 3_000 }),
      deployment({ number: 3, oneCopyMs: 5_400 }),
      deployment({ number: 4, oneCopyMs: 99_000, replaced: ["nats"] }),
      deployment({ number: 5, oneCopyMs: null }),
      deployment({ number: 6, oneCopyMs: 4_000 }),
    ];
    const { words } = plan({ kept, changes: changes([replaced("hub")]), bufferSeconds: 9 * 3_600 });
    expect(words.slice(-2)).toEqual([
      "one copy only of what mainpc takes: about 5 s (as in deployment 3)",
      "buffer: 9.0 h of pushes at the present rate",
    ]);
  });

  it("moves a service away from an agent that restarts, and pauses the agent", () => {
    const { words, moves, pauses, outages } = plan({
      changes: changes([twin]),
      services: [service({ instances: well }), service({ name: "Other" })],
    });
    expect(words).toEqual(["agent Twin: restarts (image)", "service Twin: moves to pc2 meanwhile, and back"]);
    expect({ moves, pauses, outages }).toEqual({
      moves: [{ service: "Twin", from: "mainpc", to: "pc2" }],
      pauses: ["mainpc/Twin"],
      outages: [],
    });
  });

  it.each([
    ["the peer takes no part", { peerAway: "pc2 takes no part (--alone)" }, {}, "pc2 takes no part (--alone)"],
    ["its standby is ill", {}, {}, "its instance on pc2 is unhealthy"],
    [
      "nobody acts for it",
      {},
      { state: "held", reason: "no witness answers" } as const,
      "nobody acts for it: no witness answers",
    ],
  ])("says that a service is down where %s", (_, input, change, reason) => {
    const { words, moves, outages } = plan({ changes: changes([twin]), services: [service(change)], ...input });
    expect(words[1]).toBe(`service Twin: is DOWN while its container restarts, ${reason}`);
    expect({ moves, outages }).toEqual({ moves: [], outages: [{ service: "Twin", reason }] });
  });

  it("moves to a cold standby, which stands still until then", () => {
    expect(plan({ changes: changes([twin]), services: [service({ mode: "cold" })] }).moves).toHaveLength(1);
    // Where no hub answers, that nothing is down meanwhile is not known.
    const unknown = "services: no hub answers, so nobody knows which of them are down meanwhile";
    expect(plan({ changes: changes([twin]), services: undefined }).words).toContain(unknown);
    expect(plan({ changes: changes([twin]), services: [] }).words).not.toContain(unknown);
  });

  it("leaves a service alone that acts on the other machine, or whose container is made only", () => {
    expect(plan({ changes: changes([twin]), services: [service({ owner: "pc2", state: "away" })] }).moves).toEqual([]);
    expect(
      plan({ changes: changes([{ ...twin, action: "create" }]), services: [service({ instances: well })] }).moves,
    ).toEqual([]);
  });

  it("knows which containers begin anew: not one that is changed where it stands", () => {
    const each = (["create", "replace", "update", "delete"] as const).map((action) => replaced(action, { action }));
    expect(plan({ changes: changes(each) })).toMatchObject({
      touched: ["create", "replace", "update"],
      fresh: ["create", "replace"],
    });
  });

  it("says of a first up how much is made, and of files how many", () => {
    const first = changes([replaced("hub", { action: "create" })], { isFirst: true });
    expect(plan({ changes: first }).words).toEqual(["first up: 1 containers are made"]);
    const files = changes([], { others: { create: 1, replace: 0, update: 2, delete: 0 } });
    expect(plan({ changes: files })).toMatchObject({
      isEmpty: false,
      words: ["files, directories and images: 1 to create, 2 to update"],
    });
  });
});
