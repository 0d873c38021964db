/** How fast something grows, and whether that is more than chance: the median of all slopes (Theil and Sen), and Kendall's test. */

export interface Point {
  /** ms. */
  atMs: number;
  value: number;
  /** Points of different lives are never compared: a process that began anew is small again. */
  life: number;
}

export interface Slope {
  /** Per ms. */
  slope: number;
  /** Deviations from what chance alone would give; above 3.3 one in two thousand steady series would show it. */
  z: number;
  /** Median of all values. */
  typical: number;
  points: number;
}

/** Undefined where no two points can be compared. */
export function slopeOf(points: readonly Point[]): Slope | undefined {
  const slopes: number[] = [];
  let rising = 0;
  let variance = 0;
  for (const life of Map.groupBy(points, (point) => point.life).values()) {
    for (const [i, later] of life.entries())
      for (const earlier of life.slice(0, i)) {
        if (later.atMs === earlier.atMs) continue;
        slopes.push((later.value - earlier.value) / (later.atMs - earlier.atMs));
        rising += Math.sign(later.value - earlier.value);
      }
    const n = life.length;
    variance += (n * (n - 1) * (2 * n + 5) - tieTerm(life)) / 18;
  }
  if (slopes.length === 0) return undefined;
  const z = variance <= 0 || rising === 0 ? 0 : (rising - Math.sign(rising)) / Math.sqrt(variance);
  return { slope: median(slopes), z, typical: median(points.map(({ value }) => value)), points: points.length };
}

/** Equal values say nothing of a direction, which lessens what chance can do. */
function tieTerm(points: readonly Point[]): number {
  let sum = 0;
  for (const { length: t } of Map.groupBy(points, ({ value }) => value).values()) sum += t * (t - 1) * (2 * t + 5);
  return sum;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
