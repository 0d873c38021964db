/** The kinds of metrics and their data points in OTLP's JSON, as schemas that make what the protobuf reader makes. */
import { z } from "zod";
import { readJsonAttributes } from "./json-values.ts";
import type { ExponentialBuckets, MetricData } from "./model.ts";

/** A key that is `null` is as good as absent. */
export const orElse = <T>(schema: z.ZodType<T>, value: T) => schema.nullish().transform((given) => given ?? value);
export const list = <T>(schema: z.ZodType<T>) => orElse(z.array(schema), []);

export const Text = orElse(
  z.string().refine((text) => text.isWellFormed(), "no well-formed text"),
  "",
);
/** Of 64 bits, as text or as a number: beyond 2^53 JSON has lost its last digits before anybody reads it, as a double would. */
const Whole = z
  .union([
    z.number().refine(Number.isInteger, "no whole number"),
    z.string().regex(/^-?\d{1,20}$/, "no whole number"),
  ])
  .transform(Number);
const Signed = Whole.refine((value) => Math.abs(value) <= 2 ** 63, "no whole number of 64 bits");
const Count = Whole.refine((value) => value >= 0 && value <= 2 ** 64, "no count of 64 bits");
const Small = z
  .number()
  .int()
  .min(-(2 ** 31))
  .max(2 ** 32);
/** Numbers that JSON does not have come as text. */
const Real = z.union([
  z.number(),
  z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number),
  z
    .string()
    .regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, "no number")
    .transform(Number),
]);
/** Read by a function of its own, which knows how deep it is. */
export const Attributes = z.unknown().optional().transform(readJsonAttributes);

const point = { attributes: Attributes, timeUnixNano: orElse(Count, 0), flags: orElse(Small, 0) };
const NumberPoint = z
  .object({ ...point, asDouble: Real.nullish(), asInt: Signed.nullish() })
  .transform(({ asDouble, asInt, ...rest }) => ({ ...pointOf(rest), value: asDouble ?? asInt ?? undefined }));
const HistogramPoint = z
  .object({
    ...point,
    count: orElse(Count, 0),
    sum: Real.nullish(),
    bucketCounts: list(Count),
    explicitBounds: list(Real),
  })
  .transform(({ count, sum, bucketCounts, explicitBounds, ...rest }) => ({
    ...pointOf(rest),
    count,
    sum: sum ?? undefined,
    counts: bucketCounts,
    bounds: explicitBounds,
  }));
const noBuckets = (): ExponentialBuckets => ({ offset: 0, counts: [] });
const Buckets = z
  .object({ offset: orElse(Small, 0), bucketCounts: list(Count) })
  .nullish()
  .transform((buckets) => (buckets ? { offset: buckets.offset, counts: buckets.bucketCounts } : noBuckets()));
const ExponentialPoint = z
  .object({
    ...point,
    count: orElse(Count, 0),
    sum: Real.nullish(),
    scale: orElse(Small, 0),
    zeroCount: orElse(Count, 0),
    zeroThreshold: orElse(Real, 0),
    positive: Buckets,
    negative: Buckets,
  })
  .transform(({ count, sum, scale, zeroCount, zeroThreshold, positive, negative, ...rest }) => ({
    ...pointOf(rest),
    count,
    sum: sum ?? undefined,
    scale,
    zeroCount,
    zeroThreshold,
    positive,
    negative,
  }));
const Quantile = z.object({ quantile: orElse(Real, 0), value: orElse(Real, 0) });
const SummaryPoint = z
  .object({ ...point, count: orElse(Count, 0), sum: orElse(Real, 0), quantileValues: list(Quantile) })
  .transform(({ count, sum, quantileValues, ...rest }) => ({
    ...pointOf(rest),
    count,
    sum,
    quantiles: quantileValues.flatMap(({ quantile, value }) => [quantile, value]),
  }));

const temporality = { aggregationTemporality: orElse(Small, 0) };
export const Gauge = z
  .object({ dataPoints: list(NumberPoint) })
  .transform(({ dataPoints }): MetricData => ({ kind: "gauge", points: dataPoints }));
export const Sum = z
  .object({ ...temporality, isMonotonic: orElse(z.boolean(), false), dataPoints: list(NumberPoint) })
  .transform(
    (sum): MetricData => ({
      kind: "sum",
      temporality: sum.aggregationTemporality,
      monotonic: sum.isMonotonic,
      points: sum.dataPoints,
    }),
  );
export const Histogram = z
  .object({ ...temporality, dataPoints: list(HistogramPoint) })
  .transform(
    (all): MetricData => ({ kind: "histogram", temporality: all.aggregationTemporality, points: all.dataPoints }),
  );
export const ExponentialHistogram = z
  .object({ ...temporality, dataPoints: list(ExponentialPoint) })
  .transform(
    (all): MetricData => ({ kind: "exponential", temporality: all.aggregationTemporality, points: all.dataPoints }),
  );
export const Summary = z
  .object({ dataPoints: list(SummaryPoint) })
  .transform(({ dataPoints }): MetricData => ({ kind: "summary", points: dataPoints }));

function pointOf(point: { attributes: string[]; timeUnixNano: number; flags: number }) {
  return { attributes: point.attributes, timeNanos: point.timeUnixNano, flags: point.flags };
}
