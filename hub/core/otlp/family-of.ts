/** Makes of one metric of OTLP the family that a push would have, whole or not at all. */
import type { Distribution, Family, MetricType } from "../exposition/family.ts";
import { ownedName, pushFailureTimeName, pushTimeName } from "../fold/prepare.ts";
import { agrees, explicitBuckets } from "./exponential.ts";
import {
  cumulative,
  delta,
  type HistogramPoint,
  type MetricData,
  type OtlpMetric,
  type Point,
  type SummaryPoint,
} from "./model.ts";
import { Labeller, metricName } from "./names.ts";

/** Why points are refused: `temporality`: deltas; `conflict`: with what is stored, or came beside; `invalid`: no text can say it; `forbidden`: not by this token; `limit`: more than may be pushed. */
export const refusalReasons = ["temporality", "conflict", "invalid", "forbidden", "limit"] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export type FamilyOf =
  /** `points[i]` is what `family.metrics[i]` was made of. */
  | { kind: "family"; family: Family; points: Point[] }
  | { kind: "refused"; reason: RefusalReason; text: string }
  /** It says nothing that a push could. */
  | { kind: "nothing" };

export const targetInfo = "target_info";
/** Names of the group's labels. */
export const groupLabels = ["job", "instance"];
const noRecordedValue = 1;
const taken: Partial<Record<MetricType, ReadonlySet<string>>> = {
  histogram: new Set([...groupLabels, "le"]),
  summary: new Set([...groupLabels, "quantile"]),
};
const takenByGroup = new Set(groupLabels);

/** @param scopeAttributes what is said of the scope, as attributes of each point */
export function familyOf({ name, description, unit, data }: OtlpMetric, scopeAttributes: string[]): FamilyOf {
  if (data === undefined || data.points.length === 0) return { kind: "nothing" };
  const isCounter = data.kind === "sum" && data.monotonic;
  const familyName = metricName(name, unit, isCounter ? "counter" : data.kind === "gauge" ? "gauge" : "other");
  if (familyName === undefined) return refuse("invalid", "its name has no letter or digit");
  const type = isCounter ? "counter" : types[data.kind];
  if ("temporality" in data && data.temporality !== cumulative) return refuse("temporality", whyNot(data.temporality));
  const owned = ownedName({ name: familyName, type });
  if (owned !== undefined) return refuse("conflict", `${familyName}: ${owned}`);
  if ([targetInfo, pushTimeName, pushFailureTimeName].includes(familyName)) {
    return refuse("conflict", `the hub makes ${familyName} itself; rename the metric`);
  }
  const family: Family = { name: familyName, type, help: description.trim() || undefined, metrics: [] };
  const points: Point[] = [];
  const labeller = new Labeller(taken[type] ?? takenByGroup);
  for (const [point, value] of valuesOf(data)) {
    if (point.flags % 2 === noRecordedValue) continue;
    if (typeof value === "string") return refuse("invalid", `a point has ${value}`);
    const attributes = scopeAttributes.length === 0 ? point.attributes : [...point.attributes, ...scopeAttributes];
    const labels = labeller.labels(attributes);
    const isNumber = typeof value === "number";
    family.metrics.push({ labels, value: isNumber ? value : 0, distribution: isNumber ? undefined : value });
    points.push(point);
  }
  return points.length === 0 ? { kind: "nothing" } : { kind: "family", family, points };
}

const types = {
  gauge: "gauge",
  sum: "gauge",
  histogram: "histogram",
  exponential: "histogram",
  summary: "summary",
} as const satisfies Record<MetricData["kind"], MetricType>;

/** With each point what a text says of it, or, as a string, what no text can. */
function valuesOf(data: MetricData): [Point, number | Distribution | string][] {
  switch (data.kind) {
    case "gauge":
    case "sum":
      return data.points.map((point) => [point, point.value ?? "no value"]);
    case "histogram":
      return data.points.map((point) => [point, histogramOf(point)]);
    case "exponential":
      return data.points.map((point) => [point, explicitBuckets(point)]);
    case "summary":
      return data.points.map((point) => [point, summaryOf(point)]);
  }
}

function histogramOf({ count, sum, counts, bounds }: HistogramPoint): Distribution | string {
  if (counts.length !== (counts.length === 0 ? bounds.length : bounds.length + 1)) {
    return `${counts.length} counts for ${bounds.length} bounds`;
  }
  if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY))))
    return "bounds that do not rise";
  const points: number[] = [];
  let below = 0;
  counts.forEach((each, i) => {
    below += each;
    const bound = bounds[i];
    if (bound !== undefined && bound !== Number.POSITIVE_INFINITY) points.push(bound, below);
  });
  if (counts.length > 0 && !agrees(below, count)) return `counts that make ${below}, and ${count} as their sum`;
  return { points, sum: sum ?? Number.NaN, count };
}

function summaryOf({ count, sum, quantiles }: SummaryPoint): Distribution | string {
  const seen = new Set<number>();
  for (let i = 0; i < quantiles.length; i += 2) {
    const quantile = quantiles[i] ?? Number.NaN;
    if (Number.isNaN(quantile)) return "a quantile NaN";
    if (seen.size === seen.add(quantile).size) return `the quantile ${quantile} twice`;
  }
  return { points: quantiles, sum, count };
}

function whyNot(temporality: number): string {
  return temporality === delta
    ? "it tells what was added since the export before (delta), which a repetition would add twice; " +
        "set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative at the exporter"
    : `its aggregation temporality is ${temporality}, and not cumulative`;
}

const refuse = (reason: RefusalReason, text: string): FamilyOf => ({ kind: "refused", reason, text });
