/** Tells a process that leaks from one that breathes: what would double within days, and rises more steadily than chance does. */
import type { Slice } from "./slice.ts";
import { median, type Point, slopeOf } from "./slope.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** How long a process is watched before it is judged. */
export interface Patience {
  /** A process that has just begun grows into its caches, ms. */
  warmUpMs: number;
  /** Less than this says nothing, ms. */
  shortestMs: number;
  /** One garbage collection apart, neighbours are alike; the test takes its points as independent, ms. */
  finestMs: number;
}

/** What is to be said of days. */
export const ofDays: Patience = { warmUpMs: 30 * 60_000, shortestMs: 6 * hourMs, finestMs: 10 * 60_000 };

/** All pairs of points are compared. */
const mostPoints = 168;
/** One steady series in some two thousand rises so by chance. */
const significantZ = 3.3;

export const leakKinds = ["rss", "fds", "heap"] as const;
export type LeakKind = (typeof leakKinds)[number];

export interface Growth {
  process: string;
  kind: LeakKind;
  /** What the median is. */
  typical: number;
  perDay: number;
  /** Days until it is twice as much; null when it does not grow. */
  doublesInDays: number | null;
  z: number;
  /** Null: it was watched too shortly to be judged. */
  leaks: boolean | null;
}

type Watched = Pick<Slice, "fromMs" | "processes">;

/** @param doublingDays a process leaks that would double within these. Most hurried first */
export function growthsOf(slices: readonly Watched[], doublingDays: number, patience = ofDays): Growth[] {
  const names = [...new Set(slices.flatMap(({ processes }) => Object.keys(processes)))].sort();
  const growths = names.flatMap((process) =>
    leakKinds.flatMap((kind) => {
      const growth = growthOf(process, kind, pointsOf(slices, process, kind), doublingDays, patience);
      return growth === undefined ? [] : growth;
    }),
  );
  return growths.sort((a, b) => (a.doublesInDays ?? Infinity) - (b.doublesInDays ?? Infinity));
}

function growthOf(
  process: string,
  kind: LeakKind,
  all: Point[],
  doublingDays: number,
  patience: Patience,
): Growth | undefined {
  const points = longLives(thinned(settled(all, patience), patience), patience);
  const slope = slopeOf(points) ?? slopeOf(all);
  if (slope === undefined) return undefined;
  const perDay = slope.slope * dayMs;
  const doublesInDays = perDay > 0 && slope.typical > 0 ? slope.typical / perDay : null;
  const isHurried = doublesInDays !== null && doublesInDays <= doublingDays;
  const leaks = points.length === 0 ? null : isHurried && slope.z >= significantZ;
  return { process, kind, typical: slope.typical, perDay, doublesInDays, z: slope.z, leaks };
}

function pointsOf(slices: readonly Watched[], process: string, kind: LeakKind): Point[] {
  return slices.flatMap(({ fromMs, processes }) => {
    const use = processes[process];
    const value = use?.[kind];
    return use === undefined || value === null || value === undefined ? [] : { atMs: fromMs, value, life: use.life };
  });
}

/** Without the warm-up of each life. */
function settled(points: readonly Point[], { warmUpMs }: Patience): Point[] {
  const began = new Map<number, number>();
  return points.filter(({ atMs, life }) => {
    const beganMs = began.get(life) ?? atMs;
    began.set(life, beganMs);
    return atMs - beganMs >= warmUpMs;
  });
}

/** The median of each stretch of one life. */
function thinned(points: readonly Point[], { finestMs }: Patience): Point[] {
  const spanMs = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
  const stepMs = Math.max(finestMs, spanMs / mostPoints);
  const stretches = Map.groupBy(points, ({ atMs, life }) => `${life} ${Math.floor(atMs / stepMs)}`);
  return [...stretches.values()].map((stretch) => ({
    atMs: median(stretch.map(({ atMs }) => atMs)),
    value: median(stretch.map(({ value }) => value)),
    life: stretch[0]?.life ?? 0,
  }));
}

/** A short life beside a long one says no more than it does alone. */
function longLives(points: readonly Point[], { shortestMs }: Patience): Point[] {
  const lives = [...Map.groupBy(points, ({ life }) => life).values()];
  return lives.filter((life) => (life.at(-1)?.atMs ?? 0) - (life[0]?.atMs ?? 0) >= shortestMs).flat();
}
