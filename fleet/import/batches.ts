/** Proposes the migration's batches: as they are planned, and later where an agent needs one of a later batch. Pure. */
import { startOrder } from "../graph.ts";
import type { Correction, MigrationBatch } from "../model.ts";
import { nameOf } from "../nearest.ts";
import type { StartupAgent } from "./agent.ts";
import type { Edges } from "./edges.ts";
import { graphOf } from "./edges.ts";
import type { Report } from "./finding.ts";
import { type PlanArgs, planBatches } from "./plan.ts";

export interface ProposedBatches {
  batches: MigrationBatch[];
  corrections: Correction[];
}

/** Of the agents of the pair; a satellite has nothing to migrate. */
export function proposeBatches(args: PlanArgs, edges: ReadonlyMap<string, Edges>, report: Report): ProposedBatches {
  const { agents } = args;
  const plan = planBatches(args, report);
  const at = new Map(plan.batchOf);
  const graph = graphOf(agents, edges);
  const unplanned = agents.filter(({ id }) => !at.has(id));
  placeUnplanned(args, plan.names, at, graph.neededBy);

  const reasons = new Map<string, string>();
  for (const id of startOrder(graph).flat()) {
    const own = at.get(id) ?? 0;
    const needs = (graph.needs.get(id) ?? []).filter((need) => at.has(need));
    const last = needs.toSorted((a, b) => (at.get(b) ?? 0) - (at.get(a) ?? 0))[0];
    const wanted = last === undefined ? own : (at.get(last) ?? 0);
    if (last === undefined || wanted <= own) continue;
    at.set(id, wanted);
    reasons.set(id, `it needs ${nameOf(last)}, which is in ${plan.names[wanted]}`);
  }
  const order = new Map(
    startOrder(graph)
      .flat()
      .map((id, index) => [id, index]),
  );
  const members = Map.groupBy(
    agents.map(({ id }) => id).toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)),
    (id) => at.get(id) ?? 0,
  );
  const batches = plan.names.flatMap((name, index) => {
    const ids = members.get(index);
    return ids === undefined ? [] : [{ name, agents: ids }];
  });
  noteUnplanned(unplanned, plan.names, at, report);
  return { batches, corrections: correctionsOf(agents, plan, at, reasons, batches, report) };
}

/** One that no plan names comes with the first that needs it, and else with the last of its machine. */
function placeUnplanned(
  { agents }: PlanArgs,
  names: readonly string[],
  at: Map<string, number>,
  neededBy: ReadonlyMap<string, readonly string[]>,
): void {
  const free = agents.filter(({ id }) => !at.has(id));
  for (let changed = true; changed; ) {
    changed = false;
    for (const { id } of free) {
      const first = Math.min(...(neededBy.get(id) ?? []).map((user) => at.get(user) ?? names.length));
      if (first >= (at.get(id) ?? names.length)) continue;
      at.set(id, first);
      changed = true;
    }
  }
  for (const { id, machine } of free) {
    if (at.has(id)) continue;
    const own = agents.flatMap((agent) => (agent.machine === machine ? (at.get(agent.id) ?? []) : []));
    at.set(id, Math.max(0, ...own));
  }
}

function noteUnplanned(
  unplanned: readonly StartupAgent[],
  names: readonly string[],
  at: ReadonlyMap<string, number>,
  report: Report,
): void {
  for (const agent of unplanned) {
    const message = `${agent.id} is planned for no batch; written: ${names[at.get(agent.id) ?? 0]}, with the first that needs it, else with the last`;
    report.note(agent.place(), "batch.unplanned", message, "", agent.id);
  }
}

function correctionsOf(
  agents: readonly StartupAgent[],
  plan: ReturnType<typeof planBatches>,
  at: ReadonlyMap<string, number>,
  reasons: ReadonlyMap<string, string>,
  batches: readonly MigrationBatch[],
  report: Report,
): Correction[] {
  return agents.flatMap((agent): Correction[] => {
    const { id } = agent;
    const planned = plan.plannedFor.get(id);
    const to = plan.names[at.get(id) ?? 0] ?? "";
    if (planned === undefined || planned.batch === to) return [];
    const because = reasons.get(id) ?? planned.because;
    // A batch that nobody is left in cannot be corrected from; that everybody left it is said here alone.
    const stands = batches.some(({ name }) => name === planned.batch);
    const message = `${id} is planned for ${planned.batch}; written: ${to}, since ${because}`;
    report.note(agent.place("batch"), "batch.moved", message, "", id);
    return stands ? [{ agent: id, from: planned.batch, to, because }] : [];
  });
}
