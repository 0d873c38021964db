/** What is kept of the pair minute by minute, and how several values of one series become one. */

export const seriesNames = ["pushes", "uncopied", "lag", "unhealthy", "degraded", "series", "buffer"] as const;
export type SeriesName = (typeof seriesNames)[number];

/** Null where nothing is known of it. */
export type Sample = Record<SeriesName, number | null>;

type Join = "mean" | "greatest" | "least" | "last";

const joins: Record<SeriesName, Join> = {
  pushes: "mean",
  uncopied: "greatest",
  lag: "greatest",
  unhealthy: "greatest",
  degraded: "greatest",
  series: "last",
  buffer: "least",
};

/** Of these the other hub knows the same; of the rest each knows its own machine's. */
export const pairWide: readonly SeriesName[] = ["pushes", "unhealthy", "degraded", "series"];

export const nothingKnown = (): Sample => ({
  pushes: null,
  uncopied: null,
  lag: null,
  unhealthy: null,
  degraded: null,
  series: null,
  buffer: null,
});

/** @param values in the order of time; null where nothing is known */
export function join(name: SeriesName, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  switch (joins[name]) {
    case "mean":
      return known.reduce((sum, value) => sum + value, 0) / known.length;
    case "greatest":
      return Math.max(...known);
    case "least":
      return Math.min(...known);
    case "last":
      return known.at(-1) ?? null;
  }
}
