/**
 * Families of all groups by name: what a push is checked against, at a cost that grows with the push alone, and what a
 * scrape is put together from. Two machines that were apart may each have accepted what the other contradicts; then the
 * newest write decides how a name is shown, the same on both sides, and what contradicts it stays stored but unshown.
 */
import { isDistribution, type MetricType, suffixedNames, unsuffixed } from "../exposition/family.ts";
import { renderHeader } from "../exposition/render.ts";
import { isNewer, type StoredFamily } from "./group-state.ts";
import { SeriesTwins } from "./series-twins.ts";

export interface FamilyEntry {
  name: string;
  byGroup: Map<string, StoredFamily>;
  /** Groups by type; one type unless machines that were apart disagreed. */
  types: Map<MetricType, number>;
  /** Groups by the names of their labels. */
  shapes: Map<string, number>;
  merged: string | undefined;
  /** Keys in order; undefined when one came or went since. */
  order: string[] | undefined;
}

/** How a contested name is shown. */
interface Verdict {
  type: MetricType;
  /** Another family takes the same names and is newer. */
  hidden: boolean;
}

export class FamilyIndex {
  readonly twins = new SeriesTwins();
  readonly #entries = new Map<string, FamilyEntry>();
  /** Names with several types, or whose suffixed names another family has. Empty in a healthy pair. */
  readonly #contested = new Set<string>();
  #verdicts = new Map<string, Verdict>();
  #unsettled = false;
  #names: string[] | undefined;
  #seriesCount = 0;

  get seriesCount(): number {
    return this.#seriesCount;
  }

  entry(name: string): FamilyEntry | undefined {
    return this.#entries.get(name);
  }

  /** Takes in what a write changed; returns the names that are shown differently now, in other groups too. */
  change(removed: readonly StoredFamily[], added: readonly StoredFamily[]): string[] {
    for (const family of added) this.#put(family);
    for (const family of removed) {
      const entry = this.#entries.get(family.name);
      if (entry?.byGroup.get(family.key) === family) this.#remove(entry, family);
    }
    return this.#settle();
  }

  /** The type under which the family's lines may be shown; undefined when they may not. */
  shownType(family: StoredFamily): MetricType | undefined {
    const verdict = this.#verdicts.get(family.name);
    if (verdict === undefined) return family.type;
    // A plain sample is a valid line under any plain type, whereas a histogram's parts are not.
    const plain = !isDistribution(family.type) && !isDistribution(verdict.type);
    return verdict.hidden || (!plain && family.type !== verdict.type) ? undefined : verdict.type;
  }

  /** The family's lines without series that a newer write of another group also has. */
  shownText(family: StoredFamily): string {
    const entry = this.#entries.get(family.name);
    return entry === undefined ? family.text : this.twins.visibleText(entry, family);
  }

  /** The type that the name has for others than `key`, unless it is not shown; `key` counts too when `withOwn`. */
  typeElsewhere(name: string, key: string, withOwn: boolean): MetricType | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const verdict = this.#verdicts.get(name);
    if (verdict?.hidden === true) return undefined;
    const own = entry.byGroup.get(key);
    if (entry.byGroup.size === 1 && own !== undefined) return withOwn ? own.type : undefined;
    return verdict?.type ?? entry.types.keys().next().value;
  }

  /** Another group in which the name has another type, unless `type` is the one by which a contested name is shown. */
  groupOfOtherType(name: string, type: MetricType, key: string): StoredFamily | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined || (entry.types.size === 1 && entry.types.has(type))) return undefined;
    if (this.#verdicts.get(name)?.type === type) return undefined;
    for (const family of entry.byGroup.values()) if (family.type !== type && family.key !== key) return family;
    return undefined;
  }

  /** All families by name, each with HELP and TYPE once and its groups in the order of their keys. */
  *texts(): Iterable<{ name: string; text: string }> {
    this.#names ??= [...this.#entries.keys()].sort();
    for (const name of this.#names) {
      const entry = this.#entries.get(name);
      if (entry === undefined) continue;
      entry.merged ??= this.#merge(entry);
      if (entry.merged !== "") yield { name, text: entry.merged };
    }
  }

  /** Families of groups that are not shown as they were pushed, and series that another group shows. */
  get conflictCount(): number {
    let conflicts = 0;
    for (const name of this.#contested) {
      for (const family of this.#entries.get(name)?.byGroup.values() ?? []) {
        if (this.shownType(family) !== family.type) conflicts++;
      }
    }
    for (const entry of this.#entries.values()) conflicts += this.twins.hiddenCount(entry);
    return conflicts;
  }

  #put(family: StoredFamily): void {
    const { name, type, key, shape, series } = family;
    const entry = this.#entries.get(name) ?? this.#create(name);
    const previous = entry.byGroup.get(key);
    entry.byGroup.set(key, family);
    const newType = !entry.types.has(type);
    count(entry.types, type, 1);
    if (previous === undefined) {
      count(entry.shapes, shape, 1);
      entry.order = undefined;
    } else count(entry.types, previous.type, -1);
    this.#seriesCount += series - (previous?.series ?? 0);
    this.#touch(entry, newType || (previous !== undefined && !entry.types.has(previous.type)));
  }

  #remove(entry: FamilyEntry, family: StoredFamily): void {
    entry.byGroup.delete(family.key);
    entry.order = undefined;
    count(entry.shapes, family.shape, -1);
    count(entry.types, family.type, -1);
    this.#seriesCount -= family.series;
    if (entry.byGroup.size === 0) {
      this.#entries.delete(entry.name);
      this.#names = undefined;
    }
    this.#touch(entry, !entry.types.has(family.type));
  }

  #create(name: string): FamilyEntry {
    const entry = {
      name,
      byGroup: new Map(),
      types: new Map(),
      shapes: new Map(),
      merged: undefined,
      order: undefined,
    };
    this.#entries.set(name, entry);
    this.#names = undefined;
    return entry;
  }

  #settle(): string[] {
    if (!this.#unsettled) return [];
    this.#unsettled = false;
    const before = this.#verdicts;
    this.#verdicts = this.#judge();
    const changed = [...new Set([...before.keys(), ...this.#verdicts.keys()])].filter((name) => {
      const [a, b] = [before.get(name), this.#verdicts.get(name)];
      return a?.type !== b?.type || a?.hidden !== b?.hidden;
    });
    for (const name of changed) this.#forgetText(name);
    return changed;
  }

  #merge(entry: FamilyEntry): string {
    const { byGroup } = entry;
    entry.order ??= [...byGroup.keys()].sort();
    if (!this.#verdicts.has(entry.name) && entry.shapes.size < 2) return mergePlainly(entry, entry.order);
    let newest: StoredFamily | undefined;
    let helped: StoredFamily | undefined;
    const lines: string[] = [];
    for (const key of entry.order) {
      const family = byGroup.get(key);
      if (family === undefined || this.shownType(family) === undefined) continue;
      if (isNewer(family.stamp, newest?.stamp)) newest = family;
      if (family.help !== undefined && isNewer(family.stamp, helped?.stamp)) helped = family;
      lines.push(this.twins.visibleText(entry, family));
    }
    const type = newest === undefined ? undefined : this.shownType(newest);
    return type === undefined ? "" : renderHeader(entry.name, type, helped?.help) + lines.join("");
  }

  #touch(entry: FamilyEntry, typesChanged: boolean): void {
    entry.merged = undefined;
    if (typesChanged) {
      for (const name of [entry.name, ...relatedNames(entry.name)]) {
        if (this.#isContested(name)) this.#contested.add(name);
        else if (!this.#contested.delete(name)) continue;
        this.#unsettled = true;
      }
    } else if (this.#contested.has(entry.name)) this.#unsettled = true;
  }

  #isContested(name: string): boolean {
    const types = this.#entries.get(name)?.types;
    if (types === undefined || types.size === 0) return false;
    return (
      types.size > 1 || this.#colliding(name, (other) => [...(this.#entries.get(other)?.types.keys() ?? [])]).length > 0
    );
  }

  /** Families that take the same names, when each name is shown with the types that `typesOf` gives. */
  #colliding(name: string, typesOf: (name: string) => MetricType[]): string[] {
    const above = unsuffixed(name);
    const taken = typesOf(name).flatMap((type) => suffixedNames(name, type));
    const takes =
      above !== undefined && typesOf(above.base).some((type) => suffixedNames(above.base, type).includes(name));
    return [...(takes ? [above.base] : []), ...taken.filter((other) => typesOf(other).length > 0)];
  }

  /** Newest first: a family is hidden when one that is shown already takes its names. */
  #judge(): Map<string, Verdict> {
    const newest = [...this.#contested]
      .map((name) => {
        const families = [...(this.#entries.get(name)?.byGroup.values() ?? [])];
        return families.reduce((a, b) => (isNewer(b.stamp, a.stamp) ? b : a));
      })
      .sort((a, b) => (isNewer(a.stamp, b.stamp) ? -1 : isNewer(b.stamp, a.stamp) ? 1 : a.name < b.name ? -1 : 1));
    const types = new Map(newest.map(({ name, type }) => [name, [type]]));
    const verdicts = new Map<string, Verdict>();
    for (const { name, type } of newest) {
      const rivals = this.#colliding(name, (other) => types.get(other) ?? []);
      verdicts.set(name, { type, hidden: rivals.some((rival) => verdicts.get(rival)?.hidden === false) });
    }
    return verdicts;
  }

  #forgetText(name: string): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) entry.merged = undefined;
  }
}

/** As `#merge`, of a name that nothing contradicts. */
function mergePlainly({ name, byGroup }: FamilyEntry, order: readonly string[]): string {
  const lines: string[] = [];
  let helped: StoredFamily | undefined;
  let type: MetricType = "untyped";
  for (const key of order) {
    const family = byGroup.get(key);
    if (family === undefined) continue;
    lines.push(family.text);
    type = family.type;
    if (family.help === undefined || family.help === helped?.help) continue;
    if (isNewer(family.stamp, helped?.stamp)) helped = family;
  }
  return renderHeader(name, type, helped?.help) + lines.join("");
}

function relatedNames(name: string): string[] {
  const above = unsuffixed(name);
  return [...(above === undefined ? [] : [above.base]), ...suffixedNames(name, "histogram")];
}

function count<Key>(counts: Map<Key, number>, key: Key, change: 1 | -1): void {
  const value = (counts.get(key) ?? 0) + change;
  if (value === 0) counts.delete(key);
  else counts.set(key, value);
}
