/** Puts the metrics of one group together as a request brings them, each whole or not at all. */
import { type Family, type MetricType, suffixedNames, unsuffixed } from "../exposition/family.ts";
import { lineCount, renderFamily } from "../exposition/render.ts";
import type { Group } from "../group-path.ts";
import type { Attributes, Point } from "./model.ts";

/** Where a point comes from: two that become the same series are states of one, or two that nobody could tell apart. */
export interface Source {
  /** Of the resource and the scope, the same text for the same attributes. */
  origin: string;
  attributes: Attributes;
}

interface Series {
  source: Source;
  timeNanos: number;
  /** In the family's metrics. */
  at: number;
}

interface FamilyDraft {
  family: Family;
  series: Map<string, Series>;
  /** Of the request, those that a newer state of their series took the place of included. */
  points: number;
}

export class GroupDraft {
  readonly group: Group;
  readonly #types: Map<string, MetricType>;
  readonly #families = new Map<string, FamilyDraft>();
  #targetInfo: Family | undefined;

  /** @param types of all groups of the request, since what is stored does not know them yet */
  constructor(group: Group, types: Map<string, MetricType>) {
    this.group = group;
    this.#types = types;
  }

  /** Says what the resource is; of two resources of the group the last one stands. */
  describe(targetInfo: Family): void {
    this.#targetInfo = targetInfo;
  }

  /** The reason why the metric cannot be with what came before it; undefined when it was taken. */
  add(family: Family, points: readonly Point[], origin: string): string | undefined {
    const { name, type } = family;
    const before = this.#families.get(name);
    const other = this.#types.get(name);
    if (other !== undefined && other !== type)
      return `${name} is a ${type} here, and a ${other} elsewhere in the request`;
    const rival = other === undefined ? this.#rival(family) : undefined;
    if (rival !== undefined) return `${name} and ${rival} of the same request need the same names`;
    const chosen = new Map<string, { source: Source; timeNanos: number; from: number }>();
    for (const [i, { labels }] of family.metrics.entries()) {
      const key = labels.length === 0 ? "" : JSON.stringify(labels);
      const { attributes = [], timeNanos = 0 } = points[i] ?? {};
      const source = { origin, attributes };
      const known = chosen.get(key) ?? before?.series.get(key);
      if (known !== undefined && !isSame(known.source, source)) {
        return (
          `two series of ${name} are the same one with the labels {${labels.join()}}; ` +
          "name attributes apart, and give each process its own service.instance.id"
        );
      }
      if (known === undefined || timeNanos >= known.timeNanos) chosen.set(key, { source, timeNanos, from: i });
    }
    this.#take(before ?? this.#open(family), family, chosen);
    return undefined;
  }

  get points(): number {
    let points = 0;
    for (const family of this.#families.values()) points += family.points;
    return points;
  }

  get isEmpty(): boolean {
    return this.#families.size === 0;
  }

  /** Takes a family out again. @returns how many points of the request it had */
  drop(name: string): number {
    if (this.#targetInfo?.name === name) this.#targetInfo = undefined;
    const points = this.#families.get(name)?.points ?? 0;
    this.#families.delete(name);
    return points;
  }

  /** Bytes that the text has at least, known before it is written. */
  leastBytes(): number {
    return this.#least().bytes;
  }

  /** Characters that its lines have at least where they are shown, each with the group's labels. */
  leastShown(): number {
    const { bytes, lines } = this.#least();
    const path = this.group.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    return bytes + lines * path;
  }

  #least(): { bytes: number; lines: number } {
    let [bytes, lines] = [0, 0];
    for (const family of this.#all()) {
      for (const metric of family.metrics) {
        const labels = metric.labels.reduce((sum, each) => sum + each.length, 0);
        const written = lineCount(family.type, metric);
        bytes += written * (family.name.length + labels);
        lines += written;
      }
    }
    return { bytes, lines };
  }

  text(): string {
    return this.#all().map(renderFamily).join("");
  }

  #all(): Family[] {
    const families = [...this.#families.values()].map(({ family }) => family);
    return this.#targetInfo === undefined ? families : [...families, this.#targetInfo];
  }

  #open({ name, type, help }: Family): FamilyDraft {
    const draft = { family: { name, type, help, metrics: [] }, series: new Map<string, Series>(), points: 0 };
    this.#families.set(name, draft);
    this.#types.set(name, type);
    return draft;
  }

  #take(
    draft: FamilyDraft,
    { metrics, help }: Family,
    chosen: ReadonlyMap<string, { source: Source; timeNanos: number; from: number }>,
  ): void {
    draft.family.help ??= help;
    draft.points += metrics.length;
    for (const [key, { source, timeNanos, from }] of chosen) {
      const metric = metrics[from];
      if (metric === undefined) continue;
      const at = draft.series.get(key)?.at ?? draft.family.metrics.length;
      draft.family.metrics[at] = metric;
      draft.series.set(key, { source, timeNanos, at });
    }
  }

  /** A histogram or summary takes the names of its parts. */
  #rival({ name, type }: Family): string | undefined {
    const split = unsuffixed(name);
    const above = split === undefined ? undefined : this.#types.get(split.base);
    if (split !== undefined && above !== undefined && suffixedNames(split.base, above).includes(name))
      return split.base;
    return suffixedNames(name, type).find((part) => this.#types.has(part));
  }
}

function isSame(a: Source, b: Source): boolean {
  return a.origin === b.origin && identity(a.attributes) === identity(b.attributes);
}

/** The same for the same attributes in any order. */
export function identity(attributes: Attributes): string {
  const pairs: string[] = [];
  for (let i = 0; i < attributes.length; i += 2) pairs.push(JSON.stringify([attributes[i], attributes[i + 1]]));
  return pairs.sort().join();
}
