/** What an export request of OTLP says about metrics, whichever encoding it came in, without what no hub keeps. */

/** A name and a value by turns, values as the text that a label has. */
export type Attributes = string[];

export interface ExportRequest {
  resources: Resource[];
}

export interface Resource {
  attributes: Attributes;
  scopes: Scope[];
}

/** The library that made the metrics. */
export interface Scope {
  name: string;
  version: string;
  schemaUrl: string;
  attributes: Attributes;
  metrics: OtlpMetric[];
}

export interface OtlpMetric {
  name: string;
  description: string;
  unit: string;
  /** Undefined when it is of a kind that came with a later version. */
  data: MetricData | undefined;
}

export type MetricData =
  | { kind: "gauge"; points: NumberPoint[] }
  | { kind: "sum"; temporality: number; monotonic: boolean; points: NumberPoint[] }
  | { kind: "histogram"; temporality: number; points: HistogramPoint[] }
  | { kind: "exponential"; temporality: number; points: ExponentialPoint[] }
  | { kind: "summary"; points: SummaryPoint[] };

/** How deep the value of an attribute may be nested. */
export const maxValueDepth = 16;

/**
 * Resources, metrics, points, attributes and their values that a request may have: a small body may hold millions, at which the hub would
 * be for seconds. An SDK's export of 25,000 series, or a collector's batch of its usual size, has fewer.
 */
export const maxParts = 200_000;
export const tooManyParts = `the request has more than ${maxParts} points, attributes and other parts`;

/** Of `temporality`, by its number: values count from a start, or from the export before. */
export const cumulative = 2;
export const delta = 1;

export interface Point {
  attributes: Attributes;
  /** Nanoseconds since 1970, to tell an older state of a series from a newer one. */
  timeNanos: number;
  /** Bit 0: nothing was recorded. */
  flags: number;
}

export interface NumberPoint extends Point {
  value: number | undefined;
}

export interface HistogramPoint extends Point {
  count: number;
  sum: number | undefined;
  /** One more than bounds, or none of either. */
  counts: number[];
  bounds: number[];
}

/** Buckets whose bounds are powers of 2 ^ (2 ^ -scale). */
export interface ExponentialPoint extends Point {
  count: number;
  sum: number | undefined;
  scale: number;
  zeroCount: number;
  zeroThreshold: number;
  positive: ExponentialBuckets;
  negative: ExponentialBuckets;
}

export interface ExponentialBuckets {
  /** Index of the first one. */
  offset: number;
  counts: number[];
}

export interface SummaryPoint extends Point {
  count: number;
  sum: number;
  /** A quantile and its value by turns. */
  quantiles: number[];
}

export type Decoded =
  | { ok: true; request: ExportRequest }
  /** `tooLarge`: it may be well, and has more parts than allowed. */
  | { ok: false; tooLarge: boolean; reason: string };
