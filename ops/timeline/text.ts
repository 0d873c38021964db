/** What happened at a pair as lines for a person, and which of the hubs' words they are. */
import type { TimelineEntry, TimelineView } from "../../hub/http/timeline-json.ts";
import { align } from "../align.ts";
import { oneLine } from "../one-line.ts";

export interface TimelineAsked {
  url: string;
  /** Undefined when the hub did not answer. */
  timeline: TimelineView | undefined;
}

/** What either hub tells, each once, the oldest first: while they are apart, each knows of its own alone. */
export function entriesOf(asked: readonly TimelineAsked[]): TimelineEntry[] {
  const all = new Map(asked.flatMap(({ timeline }) => timeline?.entries ?? []).map((entry) => [entry.id, entry]));
  return [...all.values()].toSorted((a, b) => (a.at === b.at ? compare(a.id, b.id) : compare(a.at, b.at)));
}

/** 0: a hub answers. 2: none does. */
export const timelineCode = (asked: readonly TimelineAsked[]): 0 | 2 =>
  asked.some(({ timeline }) => timeline !== undefined) ? 0 : 2;

/** One line an event. */
export function entryLines(entries: readonly TimelineEntry[]): string[] {
  return align(
    entries.map(({ at, tone, origin, kind, name, subject, text }) => [
      second(at),
      mark[tone],
      origin,
      kind === "resolved" ? "over" : kind,
      `${name} ${subject}: ${text}`,
    ]),
  );
}

/** Below the events: who did not answer, and where hubs cannot tell as much as was asked for. */
export function gapLines(asked: readonly TimelineAsked[], sinceMs: number): string[] {
  return asked.flatMap(({ url, timeline }) => {
    if (timeline === undefined) return [`no answer from ${url}`];
    const { machine, reachesBackTo } = timeline;
    return Date.parse(reachesBackTo) > sinceMs
      ? [`${oneLine(machine)} tells nothing from before ${second(reachesBackTo)}`]
      : [];
  });
}

const mark = { trouble: "!!", watch: "!", well: "ok", note: "" };
const second = (instant: string) => `${instant.slice(0, 19).replace("T", " ")}Z`;
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
