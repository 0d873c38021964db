/** Metrics as the text exposition format carries them: families of one name and type, and their metrics. */

export const metricTypes = ["counter", "gauge", "histogram", "summary", "untyped"] as const;
export type MetricType = (typeof metricTypes)[number];

/** Buckets of a histogram or quantiles of a summary, with their sum and count. */
export interface Distribution {
  /** Upper bound or quantile, and its value, by turns, in the order read. */
  points: number[];
  sum: number;
  count: number;
}

export interface Metric {
  /** Names and values by turns, in the order read; a histogram's `le` and a summary's `quantile` are not among them. */
  labels: string[];
  /** 0 for a histogram or summary. */
  value: number;
  distribution: Distribution | undefined;
}

export interface Family {
  name: string;
  type: MetricType;
  help: string | undefined;
  metrics: Metric[];
}

/** Whether metrics of the type are several lines with suffixed names. */
export function isDistribution(type: MetricType): boolean {
  return type === "histogram" || type === "summary";
}

/** Names of further series that a family of this name and type takes. */
export function suffixedNames(name: string, type: MetricType): string[] {
  if (type === "histogram") return [`${name}_count`, `${name}_sum`, `${name}_bucket`];
  return type === "summary" ? [`${name}_count`, `${name}_sum`] : [];
}

/** The name without `_count`, `_sum` or `_bucket`; undefined when it has none of them or is nothing else. */
export function unsuffixed(name: string): { base: string; suffix: "_count" | "_sum" | "_bucket" } | undefined {
  for (const suffix of ["_count", "_sum", "_bucket"] as const) {
    if (name.length > suffix.length && name.endsWith(suffix)) return { base: name.slice(0, -suffix.length), suffix };
  }
  return undefined;
}
