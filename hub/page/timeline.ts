/** Sorts what happened for reading: newest first, each once, by day and by kind. Pure. */
import type { TimelineEntry } from "../http/timeline-json.ts";
import { clockText, dayText, type Zone } from "./words.ts";

/** Kinds as a reader looks for them. */
export type TimelineGroup = "alerts" | "moves" | "pair" | "operators";

const groups: Record<TimelineEntry["kind"], TimelineGroup> = {
  alert: "alerts",
  resolved: "alerts",
  move: "moves",
  hub: "pair",
  link: "pair",
  deploy: "operators",
  drill: "operators",
  migration: "operators",
  maintenance: "operators",
};
export const timelineGroups: readonly TimelineGroup[] = ["alerts", "moves", "pair", "operators"];

/** A page that stays open for weeks keeps no more than this. */
const mostEntries = 2_000;

export const groupOf = ({ kind }: TimelineEntry): TimelineGroup => groups[kind];

export const isOf = (entry: TimelineEntry, group: TimelineGroup | "all"): boolean =>
  group === "all" || groupOf(entry) === group;

export const isFull = (entries: readonly TimelineEntry[]): boolean => entries.length >= mostEntries;

/** Both together, the newest first; an entry that came by an event and in an answer stands once. */
export function withEntries(before: readonly TimelineEntry[], more: readonly TimelineEntry[]): TimelineEntry[] {
  const byId = new Map([...before, ...more].map((entry) => [entry.id, entry]));
  return [...byId.values()].sort(newestFirst).slice(0, mostEntries);
}

/**
 * Whether more happened than an answer holds: what lies between is not known.
 *
 * @param knownTo the instant up to which all is known
 * @param answered newest first
 */
export function isApart(knownTo: string | undefined, answered: readonly TimelineEntry[]): boolean {
  const oldest = answered.at(-1);
  return knownTo !== undefined && oldest !== undefined && oldest.at > knownTo;
}

export const entriesSince = (entries: readonly TimelineEntry[], instant: string): TimelineEntry[] =>
  entries.filter(({ at }) => at >= instant);

export interface TimelineDay {
  /** `today`, `yesterday` or a date. */
  day: string;
  entries: { entry: TimelineEntry; time: string }[];
}

/** @param entries newest first */
export function daysOf(entries: readonly TimelineEntry[], nowMs: number, zone: Zone): TimelineDay[] {
  const days: TimelineDay[] = [];
  for (const entry of entries) {
    const day = dayText(entry.at, nowMs, zone);
    const time = clockText(entry.at, Date.parse(entry.at), zone);
    const last = days.at(-1);
    if (last?.day === day) last.entries.push({ entry, time });
    else days.push({ day, entries: [{ entry, time }] });
  }
  return days;
}

function newestFirst(a: TimelineEntry, b: TimelineEntry): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  const [start, seq] = partsOf(a.id);
  const [otherStart, otherSeq] = partsOf(b.id);
  // Of one start of a hub in one ms: as it stored them. `9` comes before `10`.
  return start === otherStart ? otherSeq - seq : start < otherStart ? 1 : -1;
}

/** Machine and incarnation, and the number in them. */
function partsOf(id: string): [start: string, seq: number] {
  const end = id.lastIndexOf(":");
  return [id.slice(0, end), Number(id.slice(end + 1))];
}
