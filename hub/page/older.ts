/** Reads what happened before the oldest entry that the page knows. */
import type { TimelineEntry, TimelineView } from "../http/timeline-json.ts";

const pageOf = 200;
const deadlineMs = 10_000;

/** @param before an instant @returns undefined when the hub could not be asked */
export async function readOlder(hub: string, before: string): Promise<TimelineEntry[] | undefined> {
  try {
    const query = new URLSearchParams({ before, limit: String(pageOf) });
    const answer = await fetch(`${hub}/api/v1/timeline?${query}`, { signal: AbortSignal.timeout(deadlineMs) });
    if (!answer.ok) return undefined;
    const { entries }: TimelineView = await answer.json();
    return entries;
  } catch {
    return undefined;
  }
}
