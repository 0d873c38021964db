/** Where the scrubber stands: the moments that it spans, from when on what happened is known, and its steps. Pure. */
import type { TimelineEntry, TimelineView } from "../../http/timeline-json.ts";
import type { PageState } from "../state.ts";
import { isFull, isOf } from "../timeline.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const spans = { day: 24 * hourMs, week: 168 * hourMs } as const;
export type Span = keyof typeof spans;
/** A pair that was set up minutes ago has little to show, and its first minutes should not fill the window. */
const leastSpanMs = hourMs;

export interface Window {
  fromMs: number;
  toMs: number;
}

/** The moment that is shown instead of now. */
export interface Scrub {
  atMs: number;
  /** Where the scrubber ends: it stands still under a reader's hand. */
  toMs: number;
}

/** What the scrubber spans: as far back as anything is told, and up to now, or to an entry of a machine whose clock is ahead. */
export function windowOf(
  { entries, reachesBackTo }: Pick<TimelineView, "entries" | "reachesBackTo">,
  span: Span,
  nowMs: number,
  scrub: Scrub | undefined,
): Window {
  const newestMs = Date.parse(entries[0]?.at ?? "") || 0;
  const toMs = scrub?.toMs ?? Math.ceil(Math.max(nowMs, newestMs) / minuteMs) * minuteMs;
  const backMs = Math.min(Date.parse(reachesBackTo), toMs - leastSpanMs);
  return { fromMs: Math.max(toMs - spans[span], backMs), toMs };
}

/** Since when all that happened is known, ms: of the oldest page's last ms there may be more. */
export function knownFromMs({ entries, reachesBackTo }: TimelineView, older: PageState["older"]): number {
  const oldest = entries.at(-1);
  const isAll = oldest === undefined || (older === "none" && !isFull(entries));
  return isAll ? Date.parse(reachesBackTo) : Math.max(Date.parse(reachesBackTo), Date.parse(oldest.at) + 1);
}

/** The entry that is nearest to a moment; of two as near the later one. @param entries newest first */
export function nearestTo(entries: readonly TimelineEntry[], atMs: number): TimelineEntry | undefined {
  const place = placeOf(entries, atMs);
  const [later, earlier] = [entries[place - 1], entries[place]];
  if (later === undefined || earlier === undefined) return later ?? earlier;
  return Date.parse(later.at) - atMs <= atMs - Date.parse(earlier.at) ? later : earlier;
}

/** The moment of the next entry of these kinds in that direction; undefined when none is known. @param entries newest first */
export function stepFrom(
  entries: readonly TimelineEntry[],
  atMs: number,
  to: "earlier" | "later",
  kinds: PageState["kinds"],
): number | undefined {
  const shown = entries.filter((entry) => isOf(entry, kinds));
  const found = to === "earlier" ? shown[placeOf(shown, atMs - 1)] : shown[placeOf(shown, atMs) - 1];
  return found && Date.parse(found.at);
}

/** What of a long list is drawn around a moment. @param entries newest first */
export function around(
  entries: readonly TimelineEntry[],
  atMs: number,
  most = { later: 20, earlier: 40 },
): { entries: readonly TimelineEntry[]; later: number; earlier: number } {
  const place = placeOf(entries, atMs);
  const [begin, end] = [Math.max(0, place - most.later), Math.min(entries.length, place + most.earlier)];
  return { entries: entries.slice(begin, end), later: begin, earlier: entries.length - end };
}

/** Place of the first one at or before a moment. */
function placeOf(entries: readonly TimelineEntry[], atMs: number): number {
  const at = new Date(atMs).toISOString();
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.at ?? "") > at) low = middle + 1;
    else high = middle;
  }
  return low;
}
