/**
 * Makes pushes of an export request: one POST for each group that its resources name, and with each metric that is not taken how many
 * points it had and why.
 */
import type { Family, MetricType } from "../exposition/family.ts";
import type { Candidate, Fold } from "../fold/fold.ts";
import { type Group, groupKey } from "../group-path.ts";
import { familyOf, groupLabels, type RefusalReason, targetInfo } from "./family-of.ts";
import { GroupDraft, identity } from "./group-draft.ts";
import type { Attributes, ExportRequest, Resource, Scope } from "./model.ts";
import { Labeller } from "./names.ts";

export interface Refused {
  /** Of the metric, as the request has it or as the hub would show it. */
  name: string;
  reason: RefusalReason;
  points: number;
  /** Why, for a person. */
  text: string;
}

export interface Fitted {
  push: Candidate;
  /** Of the request. */
  points: number;
}

const groupAttributes = ["service.name", "service.namespace", "service.instance.id"];
/** Command lines hold passwords more often than anybody means them to, and everybody reads `/metrics`. */
const withheldAttributes = ["process.command_args", "process.command_line"];
const unknownService = "unknown_service";
const infoHelp = "What is said of the process or device whose metrics these are.";

/** Groups by resource, in the order in which the request names them. */
export function draftGroups({ resources }: ExportRequest): { drafts: GroupDraft[]; refused: Refused[] } {
  const drafts = new Map<string, GroupDraft>();
  const types = new Map<string, MetricType>();
  const refused: Refused[] = [];
  for (const resource of resources) {
    if (resource.scopes.length === 0) continue;
    const group = groupOf(resource.attributes);
    const key = groupKey(group);
    const draft = drafts.get(key) ?? new GroupDraft(group, types);
    drafts.set(key, draft);
    const resourceIdentity = identity(resource.attributes);
    for (const scope of resource.scopes) addScope(draft, scope, resourceIdentity, refused);
    const info = infoOf(resource);
    if (info !== undefined) draft.describe(info);
  }
  return { drafts: [...drafts.values()].filter(({ isEmpty }) => !isEmpty), refused };
}

/**
 * The push that a draft makes without what does not fit what is stored. Changes the draft.
 *
 * @param refused gets what does not fit
 * @returns undefined when nothing is left
 */
export function fit(
  fold: Fold,
  draft: GroupDraft,
  expires: Pick<Candidate, "expiresAfterMs">,
  refused: Refused[],
): Fitted | undefined {
  for (let round = 1; !draft.isEmpty; round++) {
    const push: Candidate = { kind: "push", op: "post", group: draft.group, body: draft.text(), ...expires };
    const checked = fold.check(push);
    if (checked.ok) return { push, points: draft.points };
    // Without a metric, what it would have replaced stands in the way of others.
    const misfits = round <= mostRounds ? fold.misfits(push) : new Map<string, string>();
    for (const [name, text] of misfits) {
      refused.push({ name, reason: "conflict", points: draft.drop(name), text });
    }
    if (misfits.size > 0) continue;
    const reason = checked.limit === undefined ? "conflict" : "limit";
    refused.push({ name: groupKey(draft.group), reason, points: draft.points, text: checked.reason });
    return undefined;
  }
  return undefined;
}

function groupOf(attributes: Attributes): Group {
  const name = attributeOf(attributes, "service.name") || unknownService;
  const namespace = attributeOf(attributes, "service.namespace");
  const instance = attributeOf(attributes, "service.instance.id");
  const job = namespace === "" ? name : `${namespace}/${name}`;
  const group: Group = [["job", job]];
  if (instance !== "") group.push(["instance", instance]);
  return group;
}

function addScope(draft: GroupDraft, scope: Scope, resource: string, refused: Refused[]): void {
  const attributes = scopeAttributes(scope);
  const origin = `${resource}\n${identity(attributes)}`;
  for (const metric of scope.metrics) {
    const made = familyOf(metric, attributes);
    if (made.kind === "nothing") continue;
    const points = metric.data?.points.length ?? 0;
    const name = metric.name.slice(0, maxNameInRefusal);
    if (made.kind === "refused") {
      refused.push({ name, reason: made.reason, points, text: made.text });
      continue;
    }
    const text = draft.add(made.family, made.points, origin);
    if (text !== undefined) refused.push({ name, reason: "conflict", points, text });
  }
}

/** As labels of each series, which keeps metrics of one name apart that two libraries make. */
function scopeAttributes({ name, version, schemaUrl, attributes }: Scope): Attributes {
  const all: Attributes = [];
  if (name !== "") all.push("otel_scope_name", name);
  if (version !== "") all.push("otel_scope_version", version);
  if (schemaUrl !== "") all.push("otel_scope_schema_url", schemaUrl);
  for (let i = 0; i < attributes.length; i += 2) {
    const key = attributes[i] ?? "";
    // A scope's attribute of one of those names is dropped, since nobody could tell it from them.
    if (!["name", "version", "schema_url"].includes(key)) all.push(`otel_scope_${key}`, attributes[i + 1] ?? "");
  }
  return all;
}

const withoutThese = [...groupAttributes, ...withheldAttributes];

/** Undefined when nothing is said of the resource beside what names the group. */
function infoOf({ attributes }: Resource): Family | undefined {
  const others: Attributes = [];
  for (let i = 0; i < attributes.length; i += 2) {
    const key = attributes[i] ?? "";
    if (!withoutThese.includes(key)) others.push(key, attributes[i + 1] ?? "");
  }
  if (others.length === 0) return undefined;
  const labels = new Labeller(new Set(groupLabels)).labels(others);
  return { name: targetInfo, type: "gauge", help: infoHelp, metrics: [{ labels, value: 1, distribution: undefined }] };
}

function attributeOf(attributes: Attributes, name: string): string {
  for (let i = 0; i < attributes.length; i += 2) if (attributes[i] === name) return attributes[i + 1] ?? "";
  return "";
}

/** Each reads the text anew; two are what names of parts of parts may need. */
const mostRounds = 4;
/** A name may be as long as a body. */
const maxNameInRefusal = 100;
