import { describe, expect, it } from "vitest";
import { requireFleet } from "../../../fleet/load.ts";
import { admit, batchPlans, isOver } from "../../../ops/migrate/schedule.ts";
import { type AgentMigration, type Stage, waiting } from "../../../ops/migrate/state.ts";

const fleet = requireFleet();
const plans = batchPlans(fleet);
const states = (entries: Record<string, Stage>): Map<string, AgentMigration> =>
  new Map(Object.entries(entries).map(([id, stage]) => [id, { ...waiting(id, "x", 0), stage }]));
const pilots = plans[0];
if (pilots === undefined) throw new Error("the fleet has no batches");
const ask = (stages: Record<string, Stage>, parallel = 8, skipped: string[] = []) =>
  admit({ plan: pilots, fleet, states: states(stages), skipped: new Set(skipped), parallel });

describe("the migration's order", () => {
  it("has every one of the 77 agents once, and each after all that it needs", () => {
    const order = plans.flatMap(({ groups }) => groups.flat());
    expect(order).toHaveLength(77);
    expect(new Set(order).size).toBe(77);
  });

  it("begins the pilots with the hubs, and then with those that need them", () => {
    expect(ask({}).ids.sort()).toEqual(["mainpc/ObservabilityHub", "pc2/ObservabilityHub"]);
    const next = ask({ "mainpc/ObservabilityHub": "done", "pc2/ObservabilityHub": "done" });
    expect(next.ids.sort()).toEqual(["pc2/ResourceManager", "pc2/UnifiedUtilsAgent"]);
  });

  it("begins no more than are to be under way at once", () => {
    expect(ask({}, 1).ids).toHaveLength(1);
    expect(ask({ "mainpc/ObservabilityHub": "shadow" }, 1).ids).toEqual([]);
  });

  it("keeps those waiting that need one which was undone or is left out, and says so", () => {
    const left = ask({ "pc2/ObservabilityHub": "undone", "mainpc/ObservabilityHub": "done" });
    expect(left.ids).toEqual([]);
    expect(left.blocked.get("pc2/ResourceManager")).toBe("it needs pc2/ObservabilityHub");
    expect(isOver(states({ "pc2/ObservabilityHub": "undone" }), left)).toBe(true);
    expect(ask({}, 8, ["pc2/ObservabilityHub"]).blocked.size).toBe(2);
    const second = plans[1];
    if (second === undefined) throw new Error("the fleet has one batch");
    const alone = admit({ plan: second, fleet, states: states({}), skipped: new Set(), parallel: 8 });
    expect([...alone.blocked.keys()].length).toBeGreaterThan(0);
  });

  it("is over with a batch when nothing is under way and nothing can begin", () => {
    const done = { "mainpc/ObservabilityHub": "done", "pc2/ObservabilityHub": "done" } as const;
    const last = { ...done, "pc2/ResourceManager": "watch", "pc2/UnifiedUtilsAgent": "done" } as const;
    expect(isOver(states(last), ask(last))).toBe(false);
    const all = { ...last, "pc2/ResourceManager": "done" } as const;
    expect(isOver(states(all), ask(all))).toBe(true);
  });
});
