/** What the engine means to do with a machine, from the steps of its preview. Pure. */
import { types } from "../../components/policy/declared.ts";

/** A step as the engine's events tell of it, as far as it matters here. */
export interface EngineStep {
  op: string;
  urn: string;
  type: string;
  /** Inputs that differ. */
  diffs: readonly string[];
  oldInputs: Readonly<Record<string, unknown>>;
  newInputs: Readonly<Record<string, unknown>>;
}

export type Action = "create" | "replace" | "update" | "delete";

export interface ContainerChange {
  /** What it is: `hub`, `nats`, or for an agent's its container's name. */
  part: string;
  /** Of an agent's container. */
  agent: { name: string; role: "home" | "standby" } | undefined;
  action: Action;
  /** Whether the new container stands before the old one goes. */
  gapless: boolean;
  /** Inputs that differ, such as `image`. */
  because: readonly string[];
}

export interface Changes {
  containers: ContainerChange[];
  /** Resources that are no container, by action. */
  others: Record<Action, number>;
  /** Whether nothing of this machine is in the state yet. */
  isFirst: boolean;
}

const actions: Readonly<Record<string, Action>> = {
  create: "create",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  update: "update",
  delete: "delete",
};

/** @param machine whose resources are named `<machine>-…` */
export function changesOf(steps: readonly EngineStep[], machine: string): Changes {
  const changed = steps.filter(({ op }) => actions[op] !== undefined);
  const containers = [...new Set(changed.filter(({ type }) => type === types.container).map(({ urn }) => urn))].map(
    (urn) =>
      containerChange(
        changed.filter((step) => step.urn === urn),
        machine,
      ),
  );
  const others: Record<Action, number> = { create: 0, replace: 0, update: 0, delete: 0 };
  const seen = new Set<string>();
  for (const { op, urn, type } of changed) {
    const action = actions[op];
    if (action === undefined || type === types.container || !isReal(type) || seen.has(urn)) continue;
    seen.add(urn);
    others[action]++;
  }
  const isFirst = changed.length > 0 && steps.every(({ op }) => op === "create");
  return { containers, others, isFirst };
}

export function hasChanges({ containers, others }: Changes): boolean {
  return containers.length > 0 || Object.values(others).some((count) => count > 0);
}

/** A component or a provider stands for nothing on the machine. */
function isReal(type: string): boolean {
  return !/^(tandem:|pulumi:)/.test(type);
}

function containerChange(steps: readonly EngineStep[], machine: string): ContainerChange {
  const ops = steps.map(({ op }) => op);
  const replaced = ops.some((op) => actions[op] === "replace");
  const [first] = steps;
  const action = replaced ? "replace" : (actions[first?.op ?? ""] ?? "update");
  const from = ops.indexOf("delete-replaced");
  const to = ops.indexOf("create-replacement");
  const { part, agent } = partOf(first, machine);
  return {
    part,
    agent,
    action,
    gapless: replaced && to >= 0 && (from === -1 || to < from),
    because: [...new Set(steps.flatMap(({ diffs }) => diffs))],
  };
}

function partOf(step: EngineStep | undefined, machine: string): Pick<ContainerChange, "part" | "agent"> {
  const labels = labelsOf(step);
  const [name, role] = [labels["tandem.service"], labels["tandem.role"]];
  if (name !== undefined && (role === "home" || role === "standby"))
    return { part: role === "home" ? name : `${name}-standby`, agent: { name, role } };
  const resource = step?.urn.split("::").at(-1) ?? "";
  // The hub's is named as its containers begin.
  const own = new RegExp(`^(?:tandem-)?${machine}-(.+?)(?:-container)?$`).exec(resource)?.[1];
  return { part: own ?? resource, agent: undefined };
}

function labelsOf(step: EngineStep | undefined): Record<string, string> {
  const inputs = [step?.newInputs.labels, step?.oldInputs.labels].find(Array.isArray) ?? [];
  const pairs = inputs.flatMap((entry: unknown): [string, string][] => {
    if (typeof entry !== "object" || entry === null || !("label" in entry) || !("value" in entry)) return [];
    return typeof entry.label === "string" && typeof entry.value === "string" ? [[entry.label, entry.value]] : [];
  });
  return Object.fromEntries(pairs);
}

/** Whether a part is a container of this agent's. */
export const isOfAgent = (part: string, agent: string): boolean => part === agent || part === `${agent}-standby`;
