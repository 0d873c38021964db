/**
 * Finds series that two groups hold alike: a group whose series carry a label of their own may meet a group that has this
 * label as a grouping label. Groups with the same label names never do, so nearly every question ends at once.
 */
import { groupKey } from "../group-path.ts";
import type { FamilyEntry } from "./family-index.ts";
import { isNewer, type StoredFamily } from "./group-state.ts";
import { metricsOf, type PreparedFamily } from "./prepare.ts";

export interface Twin {
  /** The labels that both series have. */
  labelText: string;
  other: StoredFamily;
}

export class SeriesTwins {
  readonly #metrics = new WeakMap<PreparedFamily, Map<string, { labels: string[]; text: string }>>();

  /** Series of other groups that equal one of the family's. */
  find(entry: FamilyEntry, family: PreparedFamily, key: string, shape: string): Twin[] {
    const others = [...entry.shapes.keys()].filter((other) => other !== shape).map((other) => other.split(","));
    if (others.length === 0) return [];
    const twins: Twin[] = [];
    for (const [labelText, { labels }] of this.#series(family)) {
      const values = new Map<string, string>();
      for (let i = 0; i < labels.length; i += 2) values.set(labels[i] ?? "", labels[i + 1] ?? "");
      for (const names of others) {
        if (!names.every((name) => values.has(name))) continue;
        const otherKey = groupKey(names.map((name) => [name, values.get(name) ?? ""]));
        const other = otherKey === key ? undefined : entry.byGroup.get(otherKey);
        if (other !== undefined && this.holds(other, labelText)) twins.push({ labelText, other });
      }
    }
    return twins;
  }

  holds(family: PreparedFamily, labelText: string): boolean {
    return this.#series(family).has(labelText);
  }

  /** The family's lines without the series that a newer family of another group has. */
  visibleText(entry: FamilyEntry, family: StoredFamily): string {
    const hidden = this.#hidden(entry, family);
    if (hidden.size === 0) return family.text;
    return [...this.#series(family)].map(([labelText, { text }]) => (hidden.has(labelText) ? "" : text)).join("");
  }

  /** Series of the entry that are not shown because a newer write has them too. */
  hiddenCount(entry: FamilyEntry): number {
    if (entry.shapes.size < 2) return 0;
    let hidden = 0;
    for (const family of entry.byGroup.values()) hidden += this.#hidden(entry, family).size;
    return hidden;
  }

  #hidden(entry: FamilyEntry, family: StoredFamily): Set<string> {
    if (entry.shapes.size < 2) return new Set();
    const twins = this.find(entry, family, family.key, family.shape);
    return new Set(twins.filter(({ other }) => isNewer(other.stamp, family.stamp)).map(({ labelText }) => labelText));
  }

  #series(family: PreparedFamily): Map<string, { labels: string[]; text: string }> {
    let series = this.#metrics.get(family);
    if (series === undefined) {
      series = new Map(metricsOf(family).map(({ labelText, ...rest }) => [labelText, rest]));
      this.#metrics.set(family, series);
    }
    return series;
  }
}
