/**
 * Writes the buckets of an exponential histogram as buckets with upper bounds. An SDK makes its buckets wider as it meets more values, and
 * bounds that come and go would make nonsense of a rate; so all are brought to one width, on bounds that stay where they are.
 */
import type { Distribution } from "../exposition/family.ts";
import type { ExponentialBuckets, ExponentialPoint } from "./model.ts";

/** Four buckets a doubling: a quantile is off by a fifth of itself at most. An SDK of 160 buckets has no wider ones below 12 decades. */
const targetScale = 2;
export const leastScale = -10;
export const mostScale = 20;

/** A string is the reason why no text can say it. */
export function explicitBuckets(point: ExponentialPoint): Distribution | string {
  const { scale, zeroCount, zeroThreshold, count, sum } = point;
  if (scale < leastScale || scale > mostScale) return `a scale of ${scale}; ${leastScale} to ${mostScale} is known`;
  if (!(zeroThreshold >= 0 && zeroThreshold < Number.POSITIVE_INFINITY)) return `a zero threshold of ${zeroThreshold}`;
  const points: number[] = [];
  let below = 0;
  const add = (bound: number, more: number) => {
    below += more;
    // Bounds beyond what a double holds, or that two buckets share there, are those of the bucket before.
    if (points.length > 0 && bound <= (points.at(-2) ?? 0)) points[points.length - 1] = below;
    else if (Number.isFinite(bound)) points.push(bound, below);
  };
  const base = 2 ** Math.min(scale, targetScale);
  const bound = (index: number) => 2 ** (index / base);
  for (const [index, each] of widened(point.negative, scale).reverse()) add(-bound(index), each);
  add(zeroThreshold, zeroCount);
  const positive = widened(point.positive, scale);
  const first = positive[0];
  // Where the values begin, so that none of them seems to lie anywhere above zero.
  if (first !== undefined) add(bound(first[0]), 0);
  for (const [index, each] of positive) add(bound(index + 1), each);
  if (!agrees(below, count)) return `buckets of ${below} values in all, and a count of ${count}`;
  return { points, sum: sum ?? Number.NaN, count };
}

/** Sums of 64-bit numbers are exact up to 2^53 only. */
export const agrees = (sum: number, count: number) => sum === count || Math.max(sum, count) >= 2 ** 53;

/** Buckets of the target's width or wider: index and count, each index once, without holes. */
function widened({ offset, counts }: ExponentialBuckets, scale: number): [index: number, count: number][] {
  const width = 2 ** Math.max(0, scale - targetScale);
  const wide: [number, number][] = [];
  counts.forEach((count, i) => {
    const index = Math.floor((offset + i) / width);
    const last = wide.at(-1);
    if (last?.[0] === index) last[1] += count;
    else wide.push([index, count]);
  });
  return wide;
}
