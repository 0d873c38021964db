/** What happened at the pair, in order: the newest events of both hubs' alerts and notes, each once, however often and in whatever order they come. */
import { compareHlc } from "../hlc.ts";
import type { EventKind, TimelineEvent } from "./event.ts";
import { isNote } from "./note-names.ts";
import { isRepeat, isSameMatter, repeatMs } from "./repeat.ts";

export interface TimelineQuery {
  /** Wall ms, the first that is told and the first that is not told any more. */
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
  /** All without it. */
  kinds?: readonly EventKind[] | undefined;
  limit: number;
}

/** A few hundred bytes each; a pair that is well tells some ten a day. */
const defaultMaxEvents = 5_000;

/** Mutable; both hubs hold the same one once each has the records of both. */
export class Timeline {
  /** The oldest first. Repeats are among them: what came before one of them may come later. */
  readonly #events: TimelineEvent[] = [];
  readonly #ids = new Set<string>();
  readonly #maxEvents: number;
  #forgotMs = 0;

  constructor(maxEvents = defaultMaxEvents) {
    this.#maxEvents = maxEvents;
  }

  /** When the newest event happened that had to make room for later ones, wall ms; 0 when none had to. */
  get forgotMs(): number {
    return this.#forgotMs;
  }

  /** @returns whether it is new, stays and repeats nothing */
  add(event: TimelineEvent): boolean {
    if (this.#ids.has(event.id)) return false;
    const place = this.#placeOf(event);
    this.#events.splice(place, 0, event);
    this.#ids.add(event.id);
    const isNew = !this.#repeatsAt(place, event);
    if (this.#events.length <= this.#maxEvents) return isNew;
    const oldest = this.#events.shift();
    if (oldest === undefined) return isNew;
    this.#ids.delete(oldest.id);
    this.#forgotMs = Math.max(this.#forgotMs, oldest.at.wallMs);
    return isNew && oldest.id !== event.id;
  }

  /** The newest first. */
  list({ sinceMs = 0, untilMs = Number.POSITIVE_INFINITY, kinds, limit }: TimelineQuery): TimelineEvent[] {
    const found: TimelineEvent[] = [];
    for (let i = this.#events.length - 1; i >= 0 && found.length < limit; i--) {
      const event = this.#events[i];
      if (event === undefined || event.at.wallMs < sinceMs) break;
      if (event.at.wallMs >= untilMs || (kinds !== undefined && !kinds.includes(event.kind))) continue;
      if (!this.#repeatsAt(i, event)) found.push(event);
    }
    return found;
  }

  /** Whether what its hub said before of the same matter is the same once more. */
  #repeatsAt(place: number, event: TimelineEvent): boolean {
    if (!isNote(event)) return false;
    for (let i = place - 1; i >= 0; i--) {
      const before = this.#events[i];
      if (before === undefined || event.at.wallMs - before.at.wallMs > repeatMs) return false;
      if (isSameMatter(before, event)) return isRepeat(before, event);
    }
    return false;
  }

  /** Most events come in their order, so the end is looked at first. */
  #placeOf(event: TimelineEvent): number {
    let place = this.#events.length;
    let low = 0;
    const last = this.#events[place - 1];
    if (last === undefined || compare(last, event) <= 0) return place;
    while (low < place) {
      const middle = (low + place) >> 1;
      const other = this.#events[middle];
      if (other !== undefined && compare(other, event) <= 0) low = middle + 1;
      else place = middle;
    }
    return place;
  }
}

/** The same at both hubs, whatever came first there. */
function compare(a: TimelineEvent, b: TimelineEvent): number {
  return compareHlc(a.at, b.at, a.origin, b.origin) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
