/**
 * Tells a note that its hub stored twice. A hub whose NATS does not confirm in time cannot know whether a note was stored, and stores it again;
 * the record that was in doubt may appear all the same, under an id of its own.
 */
import type { TimelineEvent } from "./event.ts";
import { wordsOf } from "./happened-at.ts";

/** Notes that are further apart are two, ms. */
export const repeatMs = 60_000;

/** Whether one start of a hub says both of one thing; what it says of it in between, such as that a link has healed, makes the next one news. */
export const isSameMatter = (a: TimelineEvent, b: TimelineEvent): boolean =>
  a.kind === b.kind && a.subject === b.subject && startOf(a) === startOf(b);

/** @param before the one right before it of the same matter, no more than `repeatMs` older */
export function isRepeat(before: TimelineEvent, event: TimelineEvent): boolean {
  if (before.name !== event.name) return false;
  const [one, other] = [wordsOf(before.text), wordsOf(event.text)];
  // The first attempt may have been in time, and have said nothing of when it happened.
  return one.words === other.words && (one.at === undefined || one.at === other.at);
}

/** Machine and incarnation. */
const startOf = ({ id }: TimelineEvent) => id.slice(0, id.lastIndexOf(":"));
