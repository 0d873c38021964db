/** Decides which agents of the migration may begin: batch after batch, and within one each after what it needs. Pure. */
import { buildGraph, startOrder } from "../../fleet/graph.ts";
import type { Fleet } from "../../fleet/model.ts";
import type { AgentMigration } from "./state.ts";
import { isUnderWay } from "./state.ts";

export interface BatchPlan {
  name: string;
  /** Those that may begin together, each group after the one before. */
  groups: string[][];
}

/** By agent; one that is missing has not begun. */
export type States = ReadonlyMap<string, AgentMigration>;

/** Every batch of the inventory, in its order. */
export function batchPlans({ agents, batches }: Pick<Fleet, "agents" | "batches">): BatchPlan[] {
  const order = startOrder(buildGraph(agents));
  return batches.map(({ name, agents: members }) => {
    const groups = order.map((group) => group.filter((id) => members.includes(id)));
    return { name, groups: groups.filter((group) => group.length > 0) };
  });
}

export interface Admission {
  /** To begin now. */
  ids: string[];
  /** Those that wait for what they need, by agent; what keeps them is not under way in this batch. */
  blocked: Map<string, string>;
}

export interface AdmissionRequest {
  plan: BatchPlan;
  fleet: Pick<Fleet, "agents">;
  states: States;
  /** Agents that are left out on purpose. */
  skipped: ReadonlySet<string>;
  /** How many may be under way at once. */
  parallel: number;
}

/** Those of the batch that may begin. One that was undone, or is left out, keeps those waiting that need it. */
export function admit({ plan, fleet, states, skipped, parallel }: AdmissionRequest): Admission {
  const { needs } = buildGraph(fleet.agents);
  const underWay = [...states.values()].filter(isUnderWay).length;
  const members = new Set(plan.groups.flat());
  const isStuck = (need: string): boolean => {
    const stage = states.get(need)?.stage ?? "waiting";
    if (skipped.has(need) || stage === "undone" || blocked.has(need)) return true;
    // One of another batch that nobody has begun is not waited for here.
    return stage === "waiting" && !members.has(need);
  };
  const ids: string[] = [];
  const blocked = new Map<string, string>();
  for (const id of plan.groups.flat()) {
    if (skipped.has(id) || (states.get(id)?.stage ?? "waiting") !== "waiting") continue;
    const open = (needs.get(id) ?? []).filter((need) => states.get(need)?.stage !== "done");
    const stuck = open.filter(isStuck);
    if (stuck.length > 0) blocked.set(id, `it needs ${stuck.join(" and ")}`);
    else if (open.length === 0 && underWay + ids.length < parallel) ids.push(id);
  }
  return { ids, blocked };
}

/** Whether nothing is under way, also of what an earlier run has begun in another batch, and nothing can begin any more. */
export function isOver(states: States, admission: Admission): boolean {
  return admission.ids.length === 0 && ![...states.values()].some(isUnderWay);
}
