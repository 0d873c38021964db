/** Compares what an agent's old and new way bring to the hubs: the same series, and counters that do not go back. Pure. */
import type { Family, Metric } from "../../hub/core/exposition/family.ts";
import { clipped } from "./state.ts";

export interface Comparison {
  /** Series that the old way has and the new one has not: what nobody would see any more. */
  missing: string[];
  /** What differs without harm. */
  notes: string[];
  series: number;
}

/** Labels that say which way a series came. */
const waysLabels = new Set(["job", "instance", "machine", "arrangement"]);
/** Stamped by a Pushgateway, or about the way itself. */
const ownFamilies = /^(push_time_seconds|push_failure_time_seconds|tandem_agent_.*)$/;
/** Names are cut short beyond this. */
const shown = 5;
const longestName = 80;

/** @param before what the old way brought, at an earlier moment than `after` or the same */
export function compareWays(before: readonly Family[], after: readonly Family[]): Comparison {
  const newer = new Map(after.map((family) => [family.name, family]));
  const missing: string[] = [];
  const back: string[] = [];
  let series = 0;
  for (const family of before) {
    if (ownFamilies.test(family.name)) continue;
    const other = newer.get(family.name);
    const known = new Map(other?.metrics.map((metric) => [identityOf(metric), metric]));
    for (const metric of family.metrics) {
      series++;
      const identity = identityOf(metric);
      const twin = known.get(identity);
      if (twin === undefined) missing.push(`${family.name}${identity}`);
      else if (family.type === "counter" && twin.value < metric.value) back.push(`${family.name}${identity}`);
    }
  }
  const notes = back.length === 0 ? [] : [`counters that are lower by the new way: ${listed(back)}`];
  return { missing, notes, series };
}

export function listed(names: readonly string[]): string {
  const first = names.slice(0, shown).map((name) => clipped(name, longestName));
  return names.length <= shown ? first.join(", ") : `${first.join(", ")} and ${names.length - shown} more`;
}

function identityOf({ labels }: Metric): string {
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const [name = "", value = ""] = [labels[i], labels[i + 1]];
    if (!waysLabels.has(name)) pairs.push(`${name}=${JSON.stringify(value)}`);
  }
  return pairs.length === 0 ? "" : `{${pairs.toSorted().join(",")}}`;
}
