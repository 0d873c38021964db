import { describe, expect, it } from "vitest";
import { requireFleet } from "../../../fleet/load.ts";
import { MigrationLimits } from "../../../ops/migrate/limits.ts";
import { batchPlans } from "../../../ops/migrate/schedule.ts";
import { duration, planned, planText, remainingMs, statusOf, statusText } from "../../../ops/migrate/show.ts";
import { type AgentMigration, type Stage, waiting } from "../../../ops/migrate/state.ts";

const fleet = requireFleet();
const plans = batchPlans(fleet);
const state = (id: string, stage: Stage, rest: Partial<AgentMigration> = {}): [string, AgentMigration] => [
  id,
  { ...waiting(id, "pilots", 0), stage, ...rest },
];
const limits = MigrationLimits.parse({ watchMs: 2_000, baselineMs: 1_000 });

describe("the plan of a migration", () => {
  it("names all 77 agents in their order, with what each comes after", () => {
    const text = planText(planned(plans, fleet, new Map()), limits, 8);
    expect(text.split("\n").slice(0, 4)).toEqual([
      "pilots:",
      "  mainpc/ObservabilityHub is looked at: it is the hub itself",
      "  pc2/ObservabilityHub is looked at: it is the hub itself",
      "  pc2/ResourceManager gets its hub file, after pc2/ObservabilityHub",
    ]);
    expect(text).toMatch(/\n77 agents in 1\d batches, \d+ min \d+ s at least$/);
  });

  it("leaves out what is done, and says of the rest where it goes on", () => {
    const pilots = plans[0]?.groups.flat() ?? [];
    const all = new Map(pilots.map((id) => state(id, "done")));
    expect(planned(plans, fleet, all)[0]?.batch).toBe("pc2 1");
    all.set(...state("pc2/ResourceManager", "undone", { why: "watch: not well" }));
    all.set(...state("pc2/UnifiedUtilsAgent", "watch"));
    const [first] = planned(plans, fleet, all);
    expect(first?.groups.flat().map(({ does }) => does)).toEqual([
      "is tried again (watch: not well)",
      "goes on at watch",
    ]);
    expect(planText([], limits, 8)).toBe("every agent is migrated");
  });
});

describe("the status of a migration", () => {
  it("shows all 77, how many are in each stage, and who drives it", () => {
    const states = new Map([state("pc2/ResourceManager", "undone", { sinceMs: 1_000, why: "watch: not well" })]);
    const view = statusOf(plans, states, undefined);
    expect(view).toMatchObject({ total: 77, counts: { undone: 1, waiting: 76, done: 0 } });
    const text = statusText(view, 61_000);
    expect(text).toMatch(/pc2\/ResourceManager +undone, 1 min 0 s: watch: not well\n/);
    expect(text).toMatch(/\n0 of 77 done, 76 waiting, 1 undone; nobody drives it$/);
    const seat = {
      id: "1",
      user: "ops",
      host: "desk",
      pid: 1,
      what: "migrate run",
      sinceMs: 0,
      turn: 1,
      isLeft: false,
    };
    expect(statusText({ ...view, driver: seat }, 0)).toMatch(/ops@desk drives it \(tandem migrate run\)$/);
  });

  it("estimates by the median of those that are done, and not before the first", () => {
    expect(remainingMs(plans, new Map(), 8)).toBeUndefined();
    const done = new Map([state("pc2/ResourceManager", "done", { tookMs: 10_000 })]);
    const left = remainingMs(plans, done, 8) ?? 0;
    expect(left).toBeGreaterThan(100_000);
    expect(remainingMs(plans, done, 1)).toBeGreaterThan(left);
  });
});

it("a duration has the two units that matter", () => {
  expect([1_400, 61_000, 3_660_000].map(duration)).toEqual(["1 s", "1 min 1 s", "1 h 1 min"]);
});
