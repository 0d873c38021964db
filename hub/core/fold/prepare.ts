/** Turns a push's families into what the fold keeps: checked on their own, labelled with their group, ready to be shown. */
import { type Family, isDistribution, type MetricType } from "../exposition/family.ts";
import { parseExposition } from "../exposition/parse.ts";
import { lineCount, renderHeader, renderMetric } from "../exposition/render.ts";
import { splitIt, type TextBounds, unbounded } from "../exposition/text-bounds.ts";
import type { Group } from "../group-path.ts";
import type { LimitName } from "../push-limits.ts";
import { LabelMerger } from "./label-merger.ts";
import { familyBytes } from "./snapshot-size.ts";

/** A family of one group: `text` holds its lines without HELP and TYPE, each with the group's labels. */
export interface PreparedFamily {
  name: string;
  type: MetricType;
  help: string | undefined;
  text: string;
  /** Lines of `text`. */
  series: number;
  /** What it takes of limits on text: bytes of a snapshot. */
  characters: number;
}

/** `limit` is the one that the push passes, where it is not malformed. */
export type Prepared =
  | { ok: true; families: PreparedFamily[] }
  | { ok: false; reason: string; limit?: LimitName | undefined };

export interface BodyBounds extends TextBounds {
  /** Of all families, their lines with the group's labels. */
  textCharactersPerPush: number;
}

/** Families that a Pushgateway writes itself for each group; what a push says under these names is dropped there and here. */
export const pushTimeName = "push_time_seconds";
export const pushFailureTimeName = "push_failure_time_seconds";

/** Names of the hub's own metrics. */
const reservedPrefix = "tandem_";
/**
 * What agents with a hub file say under that prefix (docs/agents.md), and no hub does. Of one type each: the first agent to push
 * another one would else have those of all others refused. Python's client adds the third to the second.
 */
const agentFamilies = new Map<string, MetricType>([
  ["tandem_agent_hub_revision", "gauge"],
  ["tandem_agent_pushes_total", "counter"],
  ["tandem_agent_pushes_created", "gauge"],
]);

/**
 * The group's labels stand on every line, so that a long path and many short lines would fill the memory. Both hubs must
 * judge alike, therefore it is no setting, and counts UTF-16 units of the lines as every version has.
 */
const maxTextUnits = 64 * 1024 * 1024;
/** Of what is stored. */
export const storedBounds: BodyBounds = { ...unbounded, textCharactersPerPush: Number.POSITIVE_INFINITY };

/**
 * Checks the body of a push as far as it can be judged without what else is stored. Cost: the size of the body, or what the
 * bounds let be read of it.
 * @param bounds of a push that is not stored yet
 */
export function prepareBody(group: Group, body: string, bounds: BodyBounds = storedBounds): Prepared {
  const parsed = parseExposition(body, bounds);
  if (!parsed.ok) {
    const { line, reason, limit } = parsed;
    return { ok: false, reason: `line ${line}: ${reason}`, limit };
  }
  const merger = new LabelMerger(group);
  const families: PreparedFamily[] = [];
  const { textCharactersPerPush } = bounds;
  // No text takes fewer bytes than it has units, so that a longer one need not be written to be counted.
  const mostUnits = Math.min(textCharactersPerPush, maxTextUnits);
  let [room, characters] = [mostUnits, 0];
  for (const family of parsed.families) {
    if (family.name === pushTimeName || family.name === pushFailureTimeName) continue;
    const prepared = prepareFamily(group, family, merger, room);
    if (typeof prepared === "string") return { ok: false, reason: `${family.name}: ${prepared}` };
    if (prepared === undefined) return tooLong(mostUnits, bounds);
    families.push(prepared);
    room -= prepared.text.length;
    characters += prepared.characters;
    if (characters > textCharactersPerPush) return tooLong(textCharactersPerPush, bounds);
  }
  return { ok: true, families };
}

function tooLong(most: number, { textCharactersPerPush }: BodyBounds): Prepared {
  const reason = `with the group's labels on every line the push is longer than ${most} characters`;
  if (most < textCharactersPerPush) return { ok: false, reason };
  const deed = `shorten the group's path, or ${splitIt}`;
  return { ok: false, reason: `${reason} (limits.textCharactersPerPush); ${deed}`, limit: "textCharactersPerPush" };
}

/** The stored lines as metrics again, each with all its labels; for the rare question that needs them. */
export function metricsOf(family: PreparedFamily): { labels: string[]; labelText: string; text: string }[] {
  const parsed = parseExposition(renderHeader(family.name, family.type, undefined) + family.text);
  if (!parsed.ok) throw new Error(`the fold wrote ${family.name} in a way that it cannot read: ${parsed.reason}`);
  const merger = new LabelMerger([]);
  return parsed.families.flatMap(({ metrics }) =>
    metrics.map((metric) => {
      const labelText = merger.text(metric.labels);
      return { labels: metric.labels, labelText, text: renderMetric(family.name, family.type, labelText, metric) };
    }),
  );
}

/** Whether a family that another hub has written down can be read here as what it says it is: its lines are shown as they stand. */
export function isReadable(
  group: Group,
  { name, type, help, text, series }: Omit<PreparedFamily, "characters">,
): boolean {
  const read = prepareBody(group, renderHeader(name, type, help) + text);
  if (!read.ok) return false;
  const [family, ...others] = read.families;
  if (family === undefined) return text === "" && series === 0;
  return others.length === 0 && family.name === name && family.type === type && family.series === series;
}

/** Why nobody may push a family of this name and type; undefined when somebody may. */
export function ownedName({ name, type }: Pick<Family, "name" | "type">): string | undefined {
  if (!name.startsWith(reservedPrefix)) return undefined;
  const wanted = agentFamilies.get(name);
  if (wanted === undefined) return `names that start with ${reservedPrefix} are the hub's own; rename the metric`;
  return type === wanted ? undefined : `agents push it as a ${wanted}, and this is of type ${type}`;
}

/** A string is the reason why the family is refused; undefined that it does not fit into the room. */
function prepareFamily(
  group: Group,
  family: Family,
  merger: LabelMerger,
  room: number,
): PreparedFamily | string | undefined {
  const { name, type, help, metrics } = family;
  const owned = ownedName(family);
  if (owned !== undefined) return owned;
  const apart = type === "histogram" ? "le" : "quantile";
  if (isDistribution(type) && group.some(([label]) => label === apart)) {
    return `a ${type} has ${apart} as a label of its own, so the group may not have it`;
  }
  const seen = metrics.length > 1 ? new Set<string>() : undefined;
  const lines: string[] = [];
  let series = 0;
  let units = 0;
  for (const metric of metrics) {
    const reserved = merger.reserved(metric.labels);
    if (reserved !== undefined) return `the label name ${reserved} is reserved, as all that start with __ are`;
    const labels = merger.text(metric.labels);
    if (seen !== undefined && seen.size === seen.add(labels).size) return `two series with the same labels {${labels}}`;
    const written = lineCount(type, metric);
    units += written * (name.length + labels.length);
    if (units > room) return undefined;
    lines.push(renderMetric(name, type, labels, metric));
    series += written;
  }
  const text = lines.join("");
  return { name, type, help, text, series, characters: familyBytes({ name, help, text }) };
}
