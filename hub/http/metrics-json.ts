/** The answer to `GET /api/v1/metrics`, in the Pushgateway's shape. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Metric, MetricType } from "../core/exposition/family.ts";
import { formatNumber } from "../core/exposition/number.ts";
import type { FamilyView, Fold, GroupView } from "../core/fold/fold.ts";

/** The main loop goes on with other work after this many series, some milliseconds. */
const seriesAtOnce = 1_000;

/** Each group as it stands when it is written: 100,000 series in one go would keep everybody waiting. */
export async function metricsJson(fold: Fold): Promise<string> {
  const parts: string[] = [];
  let series = 0;
  for (const group of [...fold.groups()]) {
    const families = fold.families(group.key);
    parts.push(
      JSON.stringify({
        ...Object.fromEntries(families.map((family) => [family.name, familyJson(family)])),
        labels: Object.fromEntries(group.group),
        last_push_successful: true,
        ...pushTimes(group),
      }),
    );
    for (const { metrics } of families) series += metrics.length;
    if (series < seriesAtOnce) continue;
    series = 0;
    await nextTurn();
  }
  return `{"status":"success","data":[${parts.join(",")}]}`;
}

function familyJson({ type, help, metrics, writtenAtMs }: FamilyView) {
  return {
    time_stamp: new Date(writtenAtMs).toISOString(),
    type: type.toUpperCase(),
    help,
    metrics: metrics.map((metric) => ({ labels: labelsJson(metric.labels), ...valueJson(type, metric) })),
  };
}

function pushTimes({ group, pushedAtMs }: GroupView) {
  const times = (how: string, seconds: number) => ({
    time_stamp: new Date(pushedAtMs).toISOString(),
    type: "GAUGE",
    help: `Last Unix time when changing this group in the Pushgateway ${how}.`,
    metrics: [{ labels: { instance: "", ...Object.fromEntries(group) }, value: formatNumber(seconds) }],
  });
  return { push_time_seconds: times("succeeded", pushedAtMs / 1000), push_failure_time_seconds: times("failed", 0) };
}

function valueJson(type: MetricType, { value, distribution }: Metric) {
  if (distribution === undefined) return { value: formatNumber(value) };
  const { points, sum, count } = distribution;
  const pairs: [string, string][] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [at, each] = [points[i] ?? 0, points[i + 1] ?? 0];
    pairs.push([formatNumber(at), type === "histogram" ? wholeNumber(each) : formatNumber(each)]);
  }
  const name = type === "histogram" ? "buckets" : "quantiles";
  return { [name]: Object.fromEntries(pairs), count: wholeNumber(count), sum: formatNumber(sum) };
}

function labelsJson(labels: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push([labels[i] ?? "", labels[i + 1] ?? ""]);
  return Object.fromEntries(pairs);
}

/** All digits, since a count is an integer of 64 bits there. */
function wholeNumber(value: number): string {
  return BigInt(value).toString();
}
