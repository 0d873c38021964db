/** What stood at the pair at a moment, folded from what happened until then and from nothing else. Pure. */
import { wordsOf } from "../../core/timeline/happened-at.ts";
import { moveOf, untilOf } from "../../core/timeline/note-words.ts";
import type { TimelineEntry } from "../../http/timeline-json.ts";

export interface StoodAlert {
  name: string;
  subject: string;
  tone: TimelineEntry["tone"];
  /** When it was first told without an end since, ms. */
  sinceMs: number;
  text: string;
}

export interface Owned {
  owner: string;
  epoch: number;
  sinceMs: number;
}

export interface Worked {
  word: "maintenance" | "silence";
  subject: string;
  sinceMs: number;
  text: string;
}

export interface Past {
  /** By name and subject. */
  alerts: ReadonlyMap<string, StoodAlert>;
  /** Services of which a move is told. */
  services: ReadonlyMap<string, Owned>;
  worked: ReadonlyMap<string, Worked>;
  /** Whether the machine that tells it heard the other one, by that machine. */
  links: ReadonlyMap<string, "lost" | "heard">;
}

export interface Happened {
  entry: TimelineEntry;
  /** When it happened, ms: a note that was stored late says so in its words. */
  atMs: number;
}

const dayMs = 86_400_000;
const orders = new WeakMap<readonly TimelineEntry[], readonly Happened[]>();

/** The oldest first. Worked out once for each list. @param entries newest first */
export function inOrder(entries: readonly TimelineEntry[]): readonly Happened[] {
  const known = orders.get(entries);
  if (known !== undefined) return known;
  // Of the same moment, those that were stored later stay behind.
  const order = entries
    .toReversed()
    .map((entry) => ({ entry, atMs: happenedMs(entry) }))
    .sort((a, b) => a.atMs - b.atMs);
  orders.set(entries, order);
  return order;
}

/** What stood at that moment, by the entries until then. */
export function pastAt(entries: readonly TimelineEntry[], atMs: number): Past {
  const past = { alerts: new Map(), services: new Map(), worked: new Map(), links: new Map() };
  for (const happened of inOrder(entries)) {
    if (happened.atMs > atMs) break;
    take(past, happened);
  }
  for (const [key, { text }] of past.worked) if (isOver(text, atMs)) past.worked.delete(key);
  return past;
}

export const keyOf = ({ name, subject }: Pick<TimelineEntry, "name" | "subject">): string => `${name} ${subject}`;

interface Taken {
  alerts: Map<string, StoodAlert>;
  services: Map<string, Owned>;
  worked: Map<string, Worked>;
  links: Map<string, "lost" | "heard">;
}

function take({ alerts, services, worked, links }: Taken, { entry, atMs: sinceMs }: Happened): void {
  const { kind, name, subject, text, tone, origin } = entry;
  switch (kind) {
    case "alert": {
      const before = alerts.get(keyOf(entry));
      alerts.set(keyOf(entry), { name, subject, tone, text, sinceMs: before?.sinceMs ?? sinceMs });
      break;
    }
    case "resolved":
      alerts.delete(keyOf(entry));
      break;
    case "move": {
      const moved = moveOf(text);
      // The hubs may tell of two moves the wrong way round; a lower epoch never acts after a higher one.
      if (moved === undefined || moved.epoch <= (services.get(subject)?.epoch ?? -1)) break;
      services.set(subject, { owner: moved.to, epoch: moved.epoch, sinceMs });
      break;
    }
    case "maintenance": {
      const word = name.startsWith("silence") ? "silence" : "maintenance";
      if (name.endsWith("-begun")) worked.set(`${word} ${subject}`, { word, subject, sinceMs, text });
      else worked.delete(`${word} ${subject}`);
      break;
    }
    case "link":
      links.set(origin, name === "link-lost" ? "lost" : "heard");
      break;
    case "hub":
    case "deploy":
    case "drill":
    case "migration":
      break;
  }
}

/** The hub that would have told the end may have been away. */
function isOver(text: string, atMs: number): boolean {
  const until = untilOf(text);
  return until !== undefined && Date.parse(until) <= atMs;
}

function happenedMs({ at, kind, text }: TimelineEntry): number {
  const storedMs = Date.parse(at);
  if (kind === "alert" || kind === "resolved") return storedMs;
  const time = wordsOf(text).at;
  if (time === undefined) return storedMs;
  const saidMs = Date.parse(`${at.slice(0, 10)}T${time}`);
  return saidMs > storedMs ? saidMs - dayMs : saidMs;
}
