/** Reads what happened before the oldest entry that the page knows. */
import type { TimelineEntry, TimelineView } from "../http/timeline-json.ts";

const pageOf = 200;
const deadlineMs = 10_000;

/** @param last when the oldest known one happened, an instant: others of the same ms come again @returns undefined when the hub could not be asked */
export async function readOlder(hub: string, last: string): Promise<TimelineEntry[] | undefined> {
  try {
    const until = new Date(Date.parse(last) + 1).toISOString();
    const query = new URLSearchParams({ until, limit: String(pageOf) });
    const answer = await fetch(`${hub}/api/v1/timeline?${query}`, { signal: AbortSignal.timeout(deadlineMs) });
    if (!answer.ok) return undefined;
    const { entries }: TimelineView = await answer.json();
    return entries;
  } catch {
    return undefined;
  }
}
