/** The kinds of metrics and their data points in OTLP's JSON, as schemas that make what the protobuf reader makes. */
import { z } from "zod";
import { countOf, realOf, signedOf } from "./json-numbers.ts";
import { readJsonAttributes } from "./json-values.ts";
import type { ExponentialBuckets, MetricData } from "./model.ts";

/** A key that is `null` is as good as absent. */
export const orElse = <T>(schema: z.ZodType<T>, value: T) => schema.nullish().transform((given) => given ?? value);
export const list = <T>(schema: z.ZodType<T>) => orElse(z.array(schema), []);

export const Text = orElse(
  z.string().refine((text) => text.isWellFormed(), "no well-formed text"),
  "",
);
const Count = z
  .unknown()
  .refine((json) => countOf(json) !== undefined, "no count of 64 bits")
  .transform(Number);
const Signed = z
  .unknown()
  .refine((json) => signedOf(json) !== undefined, "no whole number of 64 bits")
  .transform(Number);
const Small = z
  .number()
  .int()
  .min(-(2 ** 31))
  .max(2 ** 32);
const Real = z
  .unknown()
  .refine((json) => realOf(json) !== undefined, "no number")
  .transform(Number);
/** By hand, to the first flaw: a body may hold 800,000 of them, and a schema for each keeps everybody else waiting. */
const numbers = (read: (json: unknown) => number | undefined, flaw: string) =>
  z
    .unknown()
    .optional()
    .transform((json, context): number[] => {
      if (json === undefined || json === null) return [];
      const all = Array.isArray(json) ? json.map(read) : [undefined];
      const at = all.indexOf(undefined);
      if (at < 0) return all as number[]; // none is undefined
      context.addIssue({ code: "custom", message: flaw, ...(Array.isArray(json) ? { path: [at] } : {}) });
      return z.NEVER;
    });
const counts = numbers(countOf, "no count of 64 bits");
const reals = numbers(realOf, "no number");
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
    bucketCounts: counts,
    explicitBounds: reals,
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
  .object({ offset: orElse(Small, 0), bucketCounts: counts })
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
