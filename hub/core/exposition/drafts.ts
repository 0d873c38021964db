/** Families while a text is being read: which family a line's name belongs to, and where its value goes. */
import type { LimitName } from "../push-limits.ts";
import { type Distribution, type Family, isDistribution, type Metric, type MetricType, unsuffixed } from "./family.ts";
import { type BoundName, type TextBounds, whyOver } from "./text-bounds.ts";

/** Thrown inside the parser only, and caught at its edge, where it becomes a value. */
export class Refusal extends Error {
  /** The one that the text passes; undefined when it is malformed. */
  readonly limit: LimitName | undefined;

  constructor(reason: string, limit?: LimitName) {
    super(reason);
    this.limit = limit;
  }
}

/** The largest count that a 64-bit counter holds, as a double. */
const countLimit = 2 ** 64;

export interface Draft {
  name: string;
  type: MetricType | undefined;
  help: string | undefined;
  metrics: Metric[];
  /** Metrics of a histogram or summary by their labels, since each has several lines. */
  byLabels: Map<string, Distribution>;
  /** Bounds of those whose buckets or quantiles do not rise, where the last one does not tell whether a bound is new. */
  unordered: Map<Distribution, Set<number>>;
}

/** What a name on a line means: a family, and which part of a histogram or summary. */
export interface Target {
  draft: Draft;
  part: "whole" | "sum" | "count";
}

export class Drafts {
  readonly #targets = new Map<string, Target>();
  readonly #drafts: Draft[] = [];
  readonly #bounds: TextBounds;

  constructor(bounds: TextBounds) {
    this.#bounds = bounds;
  }

  /** A suffixed name belongs to the histogram or summary that was declared before it. */
  target(name: string): Target {
    const known = this.#targets.get(name);
    if (known !== undefined) return known;
    const found = this.#owner(name) ?? { draft: this.#draft(name), part: "whole" };
    this.#targets.set(name, found);
    return found;
  }

  /** Those with at least one sample. */
  families(): Family[] {
    return this.#drafts
      .filter(({ metrics }) => metrics.length > 0)
      .map(({ name, type, help, metrics }) => ({ name, type: type ?? "untyped", help, metrics }));
  }

  #owner(name: string): Target | undefined {
    const split = unsuffixed(name);
    const draft = split === undefined ? undefined : this.#targets.get(split.base)?.draft;
    if (split === undefined || draft?.name !== split.base) return undefined;
    if (split.suffix === "_bucket") return draft.type === "histogram" ? { draft, part: "whole" } : undefined;
    if (draft.type === undefined || !isDistribution(draft.type)) return undefined;
    return { draft, part: split.suffix === "_sum" ? "sum" : "count" };
  }

  #draft(name: string): Draft {
    const { familiesPerPush, metricNameCharacters } = this.#bounds;
    if (this.#drafts.length >= familiesPerPush) throw refused("familiesPerPush", familiesPerPush);
    if (name.length > metricNameCharacters)
      throw refused("metricNameCharacters", metricNameCharacters, `the name ${name}`);
    const draft = { name, type: undefined, help: undefined, metrics: [], byLabels: new Map(), unordered: new Map() };
    this.#drafts.push(draft);
    return draft;
  }
}

export function refused(limit: BoundName, most: number, what = ""): Refusal {
  return new Refusal(whyOver(limit, most, what), limit);
}

/** @param bound value of `le` or `quantile`; a line without one only makes the metric known, as in Prometheus' parser */
export function addPart({ draft, part }: Target, labels: string[], bound: number, value: number): void {
  const distribution = distributionOf(draft, labels);
  if (part === "sum") distribution.sum = value;
  else if (part === "count") distribution.count = countOf(draft, value);
  else if (!Number.isNaN(bound)) {
    if (!isNewBound(draft, distribution, bound)) {
      throw new Refusal(`${draft.name} has the same bucket or quantile twice`);
    }
    distribution.points.push(bound, draft.type === "histogram" ? countOf(draft, value) : value);
  }
}

function isNewBound({ unordered }: Draft, distribution: Distribution, bound: number): boolean {
  const { points } = distribution;
  let seen = unordered.get(distribution);
  if (seen === undefined) {
    const last = points.at(-2);
    if (last === undefined || bound > last) return true;
    seen = new Set(points.filter((_, i) => i % 2 === 0));
    unordered.set(distribution, seen);
  }
  return seen.size !== seen.add(bound).size;
}

/** The lines of one histogram or summary share their labels, mostly in the same order and one after the other. */
function distributionOf(draft: Draft, labels: string[]): Distribution {
  const last = draft.metrics.at(-1);
  if (last?.distribution !== undefined && sameLabels(last.labels, labels)) return last.distribution;
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push(JSON.stringify([labels[i], labels[i + 1]]));
  const key = pairs.sort().join();
  const known = draft.byLabels.get(key);
  if (known !== undefined) return known;
  const distribution = { points: [], sum: 0, count: 0 };
  draft.byLabels.set(key, distribution);
  draft.metrics.push({ labels, value: 0, distribution });
  return distribution;
}

function countOf(draft: Draft, value: number): number {
  // The sum turns -0 into 0.
  if (value > -1 && value < countLimit) return Math.trunc(value) + 0;
  throw new Refusal(`${draft.name} has the count ${value}; a count lies between 0 and 2^64`);
}

function sameLabels(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
