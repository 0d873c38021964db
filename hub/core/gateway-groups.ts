/** Reads what a Pushgateway shows of its groups: when each was pushed, and as what push it would come back. */
import { z } from "zod";
import { type Distribution, type Metric, metricTypes } from "./exposition/family.ts";
import { parseNumber } from "./exposition/number.ts";
import { parseExposition } from "./exposition/parse.ts";
import { labelText, lineCount, renderHeader, renderMetric } from "./exposition/render.ts";
import { pushFailureTimeName, pushTimeName } from "./fold/prepare.ts";
import type { SplitGroup } from "./gateway-splitter.ts";
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
/** Its metrics are read some at a time. */
const FamilyJson = z.object({ type: z.string(), help: z.string().optional(), metrics: z.array(z.unknown()).min(1) });
/** What stands beside the metrics in a group, unless a metric of that name takes its place. */
const besideFamilies = new Set(["labels", "last_push_successful"]);
/** Some milliseconds. */
const linesAtOnce = 1_000;

/** A group with the body of a PUT that would make it what it is. */
export interface FullSighting extends Sighting {
  body: string;
}

/** Which group it is, and when it was pushed; throws when it is none that a Pushgateway shows. */
export function readSighting({ pushTime }: SplitGroup): Sighting {
  const { labels, value } = Value.parse(FamilyJson.parse(memberOf(pushTime)[1]).metrics[0]);
  return sighting(Object.entries(labels), numberOf(value));
}

/**
 * The body of a PUT that would make the group what it is, in pieces between which the reader may do other work; throws when it is no
 * group of a Pushgateway's. One line of JSON may stand for many of text, with its labels on each: a body that is longer than
 * `mostCharacters` ends with undefined, and is not written.
 */
export function* readBody(others: readonly Buffer[], mostCharacters: number): Iterable<string | undefined> {
  let room = mostCharacters;
  for (const member of others) {
    const [name, value] = memberOf(member.toString());
    if (name === pushFailureTimeName || (besideFamilies.has(name) && !FamilyJson.safeParse(value).success)) continue;
    const { type: wide, help, metrics } = FamilyJson.parse(value);
    const type = metricTypes.find((known) => known === wide.toLowerCase()) ?? "untyped";
    let [piece, lines] = [renderHeader(name, type, help), 0];
    for (const each of metrics) {
      const metric = metricOf(Value.parse(each));
      const written = lineCount(type, metric);
      room -= written * (name.length + metric.labels.reduce((sum, { length }) => sum + length, 0));
      if (room < 0) {
        yield undefined;
        return;
      }
      piece += renderMetric(name, type, labelText(metric.labels), metric);
      lines += written;
      if (lines < linesAtOnce) continue;
      yield piece;
      [piece, lines] = ["", 0];
    }
    yield piece;
  }
}

/** Name and value of a member of an object. */
function memberOf(text: string): [name: string, value: unknown] {
  const [member] = Object.entries<unknown>(JSON.parse(`{${text}}`));
  if (member === undefined) throw new Error("a group lacks its push time, which a Pushgateway gives to each");
  return member;
}

/** The group that such labels name, as the path of a push would. */
function sighting(labels: [string, string][], seconds: number): Sighting {
  const others = labels.filter(([name, value]) => name !== "job" && !(name === "instance" && value === ""));
  const job = labels.find(([name]) => name === "job")?.[1] ?? "";
  const group: Group = [["job", job], ...others.sort(([a], [b]) => (a < b ? -1 : 1))];
  return { key: groupKey(group), group, pushedAtMs: seconds * 1_000 };
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
