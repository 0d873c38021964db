/** Reads what a Pushgateway shows of its groups: when each was pushed, and as what push it would come back. */
import { z } from "zod";
import { type Distribution, type Family, type Metric, metricTypes } from "./exposition/family.ts";
import { parseNumber } from "./exposition/number.ts";
import { parseExposition } from "./exposition/parse.ts";
import { renderFamily } from "./exposition/render.ts";
import { pushFailureTimeName, pushTimeName } from "./fold/prepare.ts";
import { type Group, groupKey } from "./group-path.ts";

/** A group as one look at the Pushgateway showed it. */
export interface Sighting {
  key: string;
  group: Group;
  /** When it was pushed last, by the Pushgateway's clock, ms with fractions. */
  pushedAtMs: number;
}

/** @param text lines of `push_time_seconds`; undefined when they cannot be read */
export function readPushTimes(text: string): Sighting[] | undefined {
  const parsed = parseExposition(text);
  if (!parsed.ok) return undefined;
  const metrics = parsed.families.filter(({ name }) => name === pushTimeName).flatMap((family) => family.metrics);
  return metrics.map(({ labels, value }) => sighting(pairsOf(labels), value));
}

const LabelMap = z.record(z.string(), z.string());
const Value = z.object({
  labels: LabelMap,
  value: z.string().optional(),
  buckets: LabelMap.optional(),
  quantiles: LabelMap.optional(),
  sum: z.string().optional(),
  count: z.string().optional(),
});
const FamilyJson = z.object({ type: z.string(), help: z.string().optional(), metrics: z.array(Value).min(1) });
const Answer = z.object({ data: z.array(z.looseObject({ labels: LabelMap })) });
/** What stands beside the metrics in a group. */
const notFamilies = new Set(["labels", "last_push_successful", pushTimeName, pushFailureTimeName]);

/** A group with the body of a PUT that would make it what it is. */
export interface FullSighting extends Sighting {
  body: string;
}

/**
 * @param answer to `GET /api/v1/metrics`, as JSON.parse gives it; throws when it is nothing that a Pushgateway says
 * @param wanted keys of groups @default all
 */
export function readGateway(answer: unknown, wanted?: ReadonlySet<string>): FullSighting[] {
  return Answer.parse(answer).data.flatMap((entry) => {
    const { key, group } = sighting(Object.entries(entry.labels), 0);
    if (wanted?.has(key) === false) return [];
    const seconds = numberOf(FamilyJson.parse(entry[pushTimeName]).metrics[0]?.value);
    const families = Object.entries(entry).filter(([name]) => !notFamilies.has(name));
    const body = families.map(([name, value]) => renderFamily(familyOf(name, FamilyJson.parse(value)))).join("");
    return [{ key, group, pushedAtMs: seconds * 1_000, body }];
  });
}

/** The group that such labels name, as the path of a push would. */
function sighting(labels: [string, string][], seconds: number): Sighting {
  const others = labels.filter(([name, value]) => name !== "job" && !(name === "instance" && value === ""));
  const job = labels.find(([name]) => name === "job")?.[1] ?? "";
  const group: Group = [["job", job], ...others.sort(([a], [b]) => (a < b ? -1 : 1))];
  return { key: groupKey(group), group, pushedAtMs: seconds * 1_000 };
}

function familyOf(name: string, { type: wide, help, metrics }: z.infer<typeof FamilyJson>): Family {
  const type = metricTypes.find((known) => known === wide.toLowerCase()) ?? "untyped";
  return { name, type, help, metrics: metrics.map(metricOf) };
}

function metricOf({ labels, value, buckets, quantiles, sum, count }: z.infer<typeof Value>): Metric {
  const points = buckets ?? quantiles;
  const distribution: Distribution | undefined =
    count === undefined ? undefined : { points: pointsOf(points ?? {}), sum: numberOf(sum), count: numberOf(count) };
  return { labels: Object.entries(labels).flat(), value: numberOf(value), distribution };
}

/** JavaScript puts keys that look like integers first, so the order is made anew. */
function pointsOf(points: Record<string, string>): number[] {
  const pairs = Object.entries(points).map(([at, each]) => [numberOf(at), numberOf(each)] as const);
  return pairs.sort(([a], [b]) => a - b).flat();
}

const numberOf = (text = "0") => parseNumber(text) ?? Number.NaN;

function pairsOf(labels: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push([labels[i] ?? "", labels[i + 1] ?? ""]);
  return pairs;
}
