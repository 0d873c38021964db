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

export const isOf = ({ kind }: TimelineEntry, group: TimelineGroup | "all"): boolean =>
  group === "all" || groups[kind] === group;

export const isFull = (entries: readonly TimelineEntry[]): boolean => entries.length >= mostEntries;

/** Both together, the newest first; an entry that came by an event and in an answer stands once. */
export function withEntries(before: readonly TimelineEntry[], more: readonly TimelineEntry[]): TimelineEntry[] {
  const byId = new Map([...before, ...more].map((entry) => [entry.id, entry]));
  return [...byId.values()].sort(newestFirst).slice(0, mostEntries);
}

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

const newestFirst = (a: TimelineEntry, b: TimelineEntry) =>
  a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1;
