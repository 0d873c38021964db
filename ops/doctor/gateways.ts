/** Whether a machine's Pushgateway shows the groups that its hub folds, and both hubs the same: names and labels, push times aside. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { type Check, ok, warn } from "./check.ts";

/** Group, in one form whichever order its labels come in, to the metrics' names that it holds. */
export type Groups = ReadonlyMap<string, string>;

const Answer = z.object({ data: z.array(z.looseObject({ labels: z.record(z.string(), z.string()) })) });
/** A Pushgateway stamps its own. */
const notMetrics = new Set(["labels", "last_push_successful", "push_time_seconds", "push_failure_time_seconds"]);
const mostNamed = 3;

/** @param answer to `GET /api/v1/metrics`; undefined when it is another thing */
export function groupsIn(answer: unknown): Groups | undefined {
  const parsed = Answer.safeParse(answer);
  if (!parsed.success) return undefined;
  return new Map(
    parsed.data.data.map((group) => {
      // An empty label is the same as none.
      const labels = Object.entries(group.labels)
        .filter(([, value]) => value !== "")
        .sort();
      const names = Object.keys(group)
        .filter((name) => !notMetrics.has(name))
        .sort();
      return [labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" "), names.join(" ")];
    }),
  );
}

/** Of two that are equal it is the same. */
export function hashOf(groups: Groups): string {
  const hash = createHash("sha256");
  for (const [group, names] of [...groups].sort()) hash.update(`${group}\n${names}\n`);
  return hash.digest("hex").slice(0, 12);
}

/** @param fold groups of a hub @param next what to do when it stays so */
export function checkGroups(fold: Groups, shown: Groups | undefined, words: GroupWords, next: string): Check[] {
  const { what, hub } = words;
  if (shown === undefined) return [warn("Pushgateway", `${what} does not tell its groups`, next)];
  if (hashOf(fold) === hashOf(shown)) {
    return [ok("Pushgateway", `${what} has the ${fold.size} groups of ${hub}, hash ${hashOf(fold)}`)];
  }
  const lacks = [...fold.keys()].filter((group) => !shown.has(group));
  const more = [...shown.keys()].filter((group) => !fold.has(group));
  const differ = [...fold].flatMap(([group, names]) => ((shown.get(group) ?? names) === names ? [] : [group]));
  const parts = [named("lacks", lacks), named("has besides", more), named("differs in", differ)].filter(
    (part) => part !== "",
  );
  const sizes = `${what} has ${shown.size} groups, ${hub} ${fold.size}`;
  return [warn("Pushgateway", `${sizes}; it ${parts.join("; it ")}`, next)];
}

export interface GroupWords {
  /** What is held against the hub. @example "it" */
  what: string;
  /** @example "its hub" */
  hub: string;
}

function named(verb: string, groups: readonly string[]): string {
  if (groups.length === 0) return "";
  const left = groups.length - mostNamed;
  return `${verb} ${groups
    .slice(0, mostNamed)
    .map((group) => `{${group}}`)
    .join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
}
