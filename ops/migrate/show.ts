/** Says in words what a migration would do and where it stands. Pure. */
import { buildGraph } from "../../fleet/graph.ts";
import type { Fleet } from "../../fleet/model.ts";
import type { Seat } from "./driver-seat.ts";
import type { MigrationLimits } from "./limits.ts";
import type { BatchPlan, States } from "./schedule.ts";
import { isUnderWay, type Stage, stages } from "./state.ts";

export interface PlannedAgent {
  agent: string;
  /** Those that it comes after within the migration. */
  after: string[];
  /** What happens to it. */
  does: string;
}

export interface PlannedBatch {
  batch: string;
  groups: PlannedAgent[][];
}

/** What a run would do from here, in its order. */
export function planned(plans: readonly BatchPlan[], fleet: Fleet, states: States): PlannedBatch[] {
  const { needs } = buildGraph(fleet.agents);
  return plans.flatMap(({ name, groups }) => {
    const open = groups.map((group) => group.filter((id) => states.get(id)?.stage !== "done"));
    const left = open.filter((group) => group.length > 0);
    if (left.length === 0) return [];
    const described = left.map((group) =>
      group.map(
        (agent): PlannedAgent => ({ agent, after: [...(needs.get(agent) ?? [])], does: whatOf(agent, fleet, states) }),
      ),
    );
    return [{ batch: name, groups: described }];
  });
}

function whatOf(id: string, { agents }: Fleet, states: States): string {
  const state = states.get(id);
  if (agents.find((agent) => agent.id === id)?.isHub) return "is looked at: it is the hub itself";
  if (state === undefined || state.stage === "waiting") return "gets its hub file";
  return state.stage === "undone" ? `is tried again (${state.why})` : `goes on at ${state.stage}`;
}

export function planText(plan: readonly PlannedBatch[], limits: MigrationLimits, parallel: number): string {
  if (plan.length === 0) return "every agent is migrated";
  const lines = plan.flatMap(({ batch, groups }) => [
    `${batch}:`,
    ...groups.flatMap((group) =>
      group.map(
        ({ agent, after, does }) => `  ${agent} ${does}${after.length === 0 ? "" : `, after ${after.join(", ")}`}`,
      ),
    ),
  ]);
  const count = plan.flatMap(({ groups }) => groups.flat()).length;
  const leastMs = plan.reduce((sum, { groups }) => sum + leastOf(groups, limits, parallel), 0);
  return [...lines, "", `${count} agents in ${plan.length} batches, ${duration(leastMs)} at least`].join("\n");
}

/** Baseline and watch window of each round, and a second or two for each of the steps between. */
function leastOf(groups: readonly unknown[][], { baselineMs, watchMs }: MigrationLimits, parallel: number): number {
  const stepsMs = 4_000;
  return groups.reduce((sum, group) => sum + Math.ceil(group.length / parallel) * (baselineMs + watchMs + stepsMs), 0);
}

export interface StatusView {
  total: number;
  /** Number of agents by stage. */
  counts: Record<Stage, number>;
  driver: Seat | undefined;
  batches: { batch: string; agents: { agent: string; stage: Stage; sinceMs: number | null; why: string }[] }[];
}

export function statusOf(plans: readonly BatchPlan[], states: States, driver: Seat | undefined): StatusView {
  const counts = Object.fromEntries(stages.map((stage) => [stage, 0])) as Record<Stage, number>; // all of them
  const batches = plans.map(({ name, groups }) => ({
    batch: name,
    agents: groups.flat().map((agent) => {
      const state = states.get(agent);
      const stage = state?.stage ?? "waiting";
      counts[stage]++;
      return { agent, stage, sinceMs: state?.sinceMs ?? null, why: state?.why ?? "" };
    }),
  }));
  return { total: batches.reduce((sum, { agents }) => sum + agents.length, 0), counts, driver, batches };
}

export function statusText({ total, counts, driver, batches }: StatusView, nowMs: number): string {
  const lines = batches.flatMap(({ batch, agents }) => {
    const done = agents.filter(({ stage }) => stage === "done").length;
    return [
      `${batch}: ${done} of ${agents.length} done`,
      ...agents.map(({ agent, stage, sinceMs, why }) => {
        const since = sinceMs === null || stage === "waiting" ? "" : `, ${duration(nowMs - sinceMs)}`;
        return `  ${agent.padEnd(widest(agents))}  ${stage}${since}${why === "" ? "" : `: ${why}`}`;
      }),
    ];
  });
  const others = stages
    .filter((stage) => stage !== "done" && counts[stage] > 0)
    .map((stage) => `${counts[stage]} ${stage}`);
  const who =
    driver === undefined ? "nobody drives it" : `${driver.user}@${driver.host} drives it (tandem ${driver.what})`;
  return [...lines, "", `${[`${counts.done} of ${total} done`, ...others].join(", ")}; ${who}`].join("\n");
}

/** How long it still takes, by how long those that are done took; undefined before the first. */
export function remainingMs(plans: readonly BatchPlan[], states: States, parallel: number): number | undefined {
  const took = [...states.values()].flatMap(({ stage, tookMs }) => (stage === "done" && tookMs !== null ? tookMs : []));
  if (took.length === 0) return undefined;
  const median = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
  const rounds = plans.flatMap(({ groups }) =>
    groups.map((group) => {
      const open = group.filter((id) => states.get(id)?.stage !== "done");
      const half = open.some((id) => isUnderWay({ stage: states.get(id)?.stage ?? "waiting" })) ? 0.5 : 1;
      return open.length === 0 ? 0 : Math.ceil(open.length / parallel) * half;
    }),
  );
  return rounds.reduce((sum, each) => sum + each, 0) * median;
}

export function duration(ms: number): string {
  if (ms < 60_000) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
}

const widest = (agents: readonly { agent: string }[]): number => Math.max(...agents.map(({ agent }) => agent.length));
