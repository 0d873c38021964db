/** Reads what the engine tells of a preview, an event a line, as far as a review needs it. */
import { z } from "zod";
import { rules } from "../../components/policy/rules.ts";

const Inputs = z.record(z.string(), z.unknown());
const Side = z.object({ inputs: Inputs.default({}) }).nullish();

const Step = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  keys: z.array(z.string()).nullish(),
  diffs: z.array(z.string()).nullish(),
  old: Side,
  new: Side,
  /** False for the halves of a replacement, which is a step of its own. */
  logical: z.boolean().default(false),
});

const Event = z.object({
  resourcePreEvent: z.object({ metadata: Step }).optional(),
  summaryEvent: z.object({ resourceChanges: z.record(z.string(), z.number()).default({}) }).optional(),
  policyEvent: z
    .object({
      resourceUrn: z.string().optional(),
      message: z.string(),
      policyName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
  diagnosticEvent: z.object({ message: z.string(), severity: z.string() }).optional(),
});

/** What a preview would do to one resource. */
export interface Change {
  op: "create" | "update" | "replace" | "delete";
  type: string;
  name: string;
  /** Inputs that differ, by their first word. @example ["labels"] */
  keys: string[];
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  /** Of a replacement: the new one is made before the old one goes. */
  beside: boolean;
}

export interface Plan {
  changes: Change[];
  /** Resources by what happens to them, as the engine counts. @example { same: 29, update: 1, replace: 1 } */
  counts: Record<string, number>;
  violations: { rule: string; message: string; mandatory: boolean }[];
  warnings: string[];
  errors: string[];
}

const ops = ["create", "update", "replace", "delete"] as const;
/** Where the engine found its plugins, and what an output of this stack is not. */
const noise = /^(using pulumi-|Undefined value \(|preview failed$)/;

export function readPlan(events: string): Plan {
  const plan: Plan = { changes: [], counts: {}, violations: [], warnings: [], errors: [] };
  const gone = new Set<string>();
  for (const line of events.split("\n")) {
    if (line.trim() === "") continue;
    const { resourcePreEvent, summaryEvent, policyEvent, diagnosticEvent } = Event.parse(JSON.parse(line));
    if (resourcePreEvent) {
      const { op, urn } = resourcePreEvent.metadata;
      // The halves of a replacement come in their order, and what it is as a whole between them.
      if (op === "delete-replaced") gone.add(urn);
      plan.changes.push(...changeOf(resourcePreEvent.metadata, gone));
    }
    if (summaryEvent) plan.counts = summaryEvent.resourceChanges;
    if (policyEvent) {
      const { policyName: rule, message, enforcementLevel } = policyEvent;
      plan.violations.push({ rule, message: ownWords(rule, message), mandatory: enforcementLevel === "mandatory" });
    }
    if (diagnosticEvent) note(diagnosticEvent, plan);
  }
  return plan;
}

function changeOf(step: z.infer<typeof Step>, gone: ReadonlySet<string>): Change[] {
  const { op, urn, type, keys, diffs, old, new: fresh, logical } = step;
  const known = ops.find((one) => one === op);
  if (known === undefined || !logical) return [];
  const words = (diffs ?? keys ?? []).map((key) => /^[^.[]*/.exec(key)?.[0] ?? key);
  return [
    {
      op: known,
      type,
      name: urn.slice(urn.lastIndexOf("::") + 2),
      keys: [...new Set(words)],
      before: old?.inputs ?? {},
      after: fresh?.inputs ?? {},
      beside: op === "replace" && !gone.has(urn),
    },
  ];
}

/** The engine puts what the rule says of itself before what it says of a resource. */
function ownWords(rule: string, message: string): string {
  const { description = "" } = rules.find(({ name }) => name === rule) ?? {};
  return (message.startsWith(description) ? message.slice(description.length) : message).trim();
}

function note({ message, severity }: { message: string; severity: string }, plan: Plan): void {
  const text = message.trim();
  if (text === "" || noise.test(text)) return;
  const list = severity === "warning" ? plan.warnings : severity === "error" ? plan.errors : undefined;
  if (list?.includes(text) === false) list.push(text);
}
