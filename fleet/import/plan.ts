/** Finds out for which batch each agent is planned: by a list of batches, by its number, or by its group. Pure. */
import { meaningsOf } from "../graph.ts";
import { nameOf, nearestId } from "../nearest.ts";
import type { StartupAgent } from "./agent.ts";
import { firstGroups } from "./conventions.ts";
import type { Report } from "./finding.ts";
import type { PlannedBatch } from "./forms.ts";

export interface PlanArgs {
  agents: readonly StartupAgent[];
  machines: readonly string[];
  planned: readonly PlannedBatch[];
  /** Names of those that move first, where no list of batches says so; of those that nobody is, none is said. */
  pilots: readonly string[];
}

export interface BatchPlan {
  /** In their order. */
  names: string[];
  /** Index into the names; agents that no plan names are left out. */
  batchOf: Map<string, number>;
  /** The batch that an agent is corrected from where it does not stand in it in the end. */
  plannedFor: Map<string, { batch: string; because: string }>;
}

const pilotBatch = "pilots";
/** As many agents as move at once, about. */
const goodSize = 10;
const mostSize = 12;

export function planBatches(args: PlanArgs, report: Report): BatchPlan {
  const plan: BatchPlan = { names: [], batchOf: new Map(), plannedFor: new Map() };
  const pilots = args.planned.length > 0 ? [] : pilotIds(args, report);
  if (pilots.length > 0) addBatch(plan, pilotBatch, pilots);
  for (const { name, agents } of args.planned)
    addBatch(
      plan,
      name,
      agents.flatMap((each) => idsOf(each, name, args, report)),
    );
  const machines = args.machines.toSorted((a, b) => Number(isNumbered(b, args)) - Number(isNumbered(a, args)));
  for (const machine of machines) {
    const own = args.agents.filter((agent) => agent.machine === machine);
    if (isNumbered(machine, args)) addNumbered(plan, machine, own);
    else if (own.every(({ id }) => !plan.batchOf.has(id) || pilots.includes(id))) addGroups(plan, machine, own);
  }
  return plan;
}

const isNumbered = (machine: string, { agents }: PlanArgs) =>
  agents.some((agent) => agent.machine === machine && agent.batch !== undefined);

/** Of an agent that is planned twice the later batch holds, since nothing moves before its time; a pilot stays one. */
function addBatch(plan: BatchPlan, name: string, ids: readonly string[]): void {
  const known = plan.names.indexOf(name);
  const index = known < 0 ? plan.names.push(name) - 1 : known;
  for (const id of ids) {
    const earlier = plan.batchOf.get(id);
    const before = plan.names[earlier ?? -1];
    if (earlier === undefined || before === undefined) {
      plan.batchOf.set(id, index);
      plan.plannedFor.set(id, { batch: name, because: "" });
    } else if (before.toLowerCase() === pilotBatch) {
      plan.plannedFor.set(id, { batch: name, because: "it is a pilot too, and pilots go first" });
    } else if (earlier !== index) {
      plan.batchOf.set(id, index);
      plan.plannedFor.set(id, { batch: before, because: "it is planned for both, and nothing moves before its time" });
    }
  }
}

function addNumbered(plan: BatchPlan, machine: string, own: readonly StartupAgent[]): void {
  const numbers = [...new Set(own.flatMap(({ batch }) => batch ?? []))];
  for (const number of numbers.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })))
    addBatch(
      plan,
      `${machine} ${number}`,
      own.flatMap(({ id, batch }) => (batch === number ? id : [])),
    );
}

/** Groups that are known to go first, each for itself; then the others, as many together as come near to ten agents. */
function addGroups(plan: BatchPlan, machine: string, own: readonly StartupAgent[]): void {
  const left = own.filter(({ id }) => !plan.batchOf.has(id));
  const groups = Map.groupBy(left, ({ group }) => group ?? "");
  const first = firstGroups.filter((group) => groups.has(group));
  const bundles: string[][] = first.map((group) => [group]);
  const sizeOf = (bundle: readonly string[]) =>
    bundle.reduce((sum, group) => sum + (groups.get(group)?.length ?? 0), 0);
  const others = [...groups.keys()].filter((group) => !first.includes(group));
  for (const [index, group] of others.entries()) {
    const open = index === 0 ? undefined : bundles.at(-1);
    const now = sizeOf(open ?? []);
    const then = now + sizeOf([group]);
    const nearer = Math.abs(then - goodSize) < Math.abs(now - goodSize);
    if (open !== undefined && then <= mostSize && nearer) open.push(group);
    else bundles.push([group]);
  }
  for (const bundle of bundles) {
    const ids = bundle.flatMap((group) => groups.get(group)?.map(({ id }) => id) ?? []);
    addBatch(plan, `${machine} ${titleOf(bundle)}`, ids);
  }
}

/** `Reasoning Services, Vision Processing and Learning Knowledge`. */
function titleOf(groups: readonly string[]): string {
  const titles = groups.map((group) =>
    group
      .split(/[_\s-]+/)
      .map((word) =>
        /^(gpu|cpu|api)$/i.test(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1),
      )
      .join(" "),
  );
  if (titles.join("") === "") return "All";
  return titles.length < 2 ? titles.join("") : `${titles.slice(0, -1).join(", ")} and ${titles.at(-1)}`;
}

function pilotIds({ agents, pilots, machines }: PlanArgs, report: Report): string[] {
  const ids = agents.filter(({ name }) => pilots.includes(name)).map(({ id }) => id);
  const missing = pilots.filter((name) => !agents.some((agent) => agent.name === name));
  const [first] = agents;
  // Of a fleet without any of them nothing of the kind was planned.
  if (ids.length === 0 || first === undefined || missing.length === 0) return ids;
  const message = `planned for the pilots, but in no inventory (${machines.join(", ")}): ${missing.join(", ")}`;
  const next = "Name the pilots that there are: --pilots A,B";
  report.warn({ file: first.place().file, line: 1 }, "batch.unknown", message, next);
  return ids;
}

/** All agents of a plain name: a batch that names what stands on both machines moves both. */
function idsOf(
  { name, place }: PlannedBatch["agents"][number],
  batch: string,
  { agents }: PlanArgs,
  report: Report,
): string[] {
  const known = new Set(agents.map(({ id }) => id));
  const ids = meaningsOf(name, "", known);
  if (ids.length > 0) return ids;
  const near = nearestId(name, known);
  const next =
    near === undefined ? "Take it out of the plan, or give the file that has it" : `Did you mean ${nameOf(near)}?`;
  report.warn(place, "batch.unknown", `batch ${batch} names ${name}, which is in no inventory; left out`, next, name);
  return [];
}
