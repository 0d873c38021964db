/** Decides which words a router takes and where its clients go; epochs only ever grow. */
import type { HoldReason, RefusedWord, RouteTarget, RouteWord } from "./word.ts";

/** Highest epoch heard of each service: what must be on disk before a word of it is answered. */
export type Epochs = ReadonlyMap<string, number>;

export interface RouteTable {
  services: ReadonlySet<string>;
  epochs: Epochs;
  words: ReadonlyMap<string, { word: RouteWord; sentMs: number }>;
}

export const newTable = (services: Iterable<string>, epochs: Epochs): RouteTable => ({
  services: new Set(services),
  epochs,
  words: new Map(),
});

export interface Offered {
  table: RouteTable;
  taken: RouteWord[];
  refused: RefusedWord[];
  /** Whether an epoch grew: the table's epochs must be on disk before the words count. */
  grew: boolean;
}

/** @param sentMs when the words were sent; of two with the same epoch the one sent later counts, in whatever order they come */
export function offer(table: RouteTable, words: readonly RouteWord[], sentMs: number): Offered {
  const epochs = new Map(table.epochs);
  const known = new Map(table.words);
  const taken: RouteWord[] = [];
  const refused: RefusedWord[] = [];
  let grew = false;
  for (const word of words) {
    const { service, epoch } = word;
    const before = epochs.get(service);
    const last = known.get(service);
    const refuse = (why: RefusedWord["why"]) => refused.push({ service, epoch, why, known: before ?? null });
    if (!table.services.has(service)) refuse("unknown");
    else if (before !== undefined && epoch < before) refuse("stale");
    else if (last !== undefined && epoch === before && sentMs < last.sentMs) refuse("late");
    else {
      grew ||= before === undefined || epoch > before;
      epochs.set(service, epoch);
      known.set(service, { word, sentMs });
      taken.push(word);
    }
  }
  return { table: { ...table, epochs, words: known }, taken, refused, grew };
}

export type Standing = { held: null; to: RouteTarget } | { held: HoldReason; to: null };

/** @param atMs monotonic */
export function standing(word: RouteWord | undefined, atMs: number): Standing {
  if (word === undefined) return { held: "no-word", to: null };
  if (word.to === null) return { held: "told", to: null };
  if (word.untilMonoMs !== null && atMs >= word.untilMonoMs) return { held: "expired", to: null };
  return { held: null, to: word.to };
}

export const sameTarget = (one: RouteTarget, other: RouteTarget) => one.host === other.host && one.port === other.port;
