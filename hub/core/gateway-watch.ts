/**
 * Tells what somebody else did to the Pushgateway from what this hub did: a group that it was fed has a push time between the
 * start and the end of that feed, so a later one, or one that changes without a feed, was pushed straight to it.
 */
import type { Sighting } from "./gateway-groups.ts";

/** What this hub knows of a group: it stands, it was deleted, or nothing. */
export type Known = "stands" | "deleted" | "nothing";

export interface Look {
  sightings: readonly Sighting[];
  /** Keys that were fed or changed while the look was taken: it says nothing about them. */
  touched: ReadonlySet<string>;
  known(key: string): Known;
  /** The groups that stand. */
  keys: Iterable<string>;
  /** When this hub began to look, wall time, ms. */
  sinceMs: number;
  /** Whether it holds all that the pair has stored: before that, an old group that it does not know may be known to the peer. */
  settled: boolean;
}

export interface LookOutcome {
  /** Groups to be fed again: they are missing, or should be gone. */
  refeed: string[];
  /** Groups that were pushed straight to the Pushgateway, unless they turn out to hold what they should. */
  straight: string[];
}

interface Feed {
  startMs: number;
  endMs: number;
  /** The push time that a look has shown after it. */
  seenMs: number | undefined;
}

/** Wall times are whole ms here, and fractions there. */
const roundingMs = 2;

export class GatewayWatch {
  readonly #feeds = new Map<string, Feed>();
  /** What the last look at this Pushgateway has shown; undefined before the first. */
  #shown: ReadonlySet<string> | undefined;

  /** The Pushgateway took a PUT or DELETE of the group; wall times, ms. */
  fed(key: string, startMs: number, endMs: number): void {
    this.#feeds.set(key, { startMs, endMs, seenMs: undefined });
  }

  /** The group holds what it should, whoever pushed it. */
  equal({ key, pushedAtMs }: Sighting): void {
    this.#feeds.set(key, { startMs: pushedAtMs, endMs: pushedAtMs, seenMs: pushedAtMs });
  }

  /** The Pushgateway is a new one, or has forgotten. */
  forget(): void {
    this.#feeds.clear();
    this.#shown = undefined;
  }

  /** Whether the Pushgateway may hold the group: it was fed, or shown by the last look. */
  mayHold(key: string): boolean {
    return this.#feeds.has(key) || this.#shown?.has(key) === true;
  }

  judge({ sightings, touched, known, keys, sinceMs, settled }: Look): LookOutcome {
    const refeed: string[] = [];
    const straight: string[] = [];
    const shown = new Set<string>();
    for (const sighting of sightings) {
      const { key } = sighting;
      shown.add(key);
      if (touched.has(key)) continue;
      const knows = known(key);
      if (knows === "nothing") {
        if (settled || sighting.pushedAtMs > sinceMs) straight.push(key);
      } else if (this.#isStraight(sighting) || (knows === "deleted" && this.#isNew(sighting, sinceMs)))
        straight.push(key);
      else if (knows === "deleted") refeed.push(key);
    }
    for (const key of keys) {
      if (!shown.has(key) && !touched.has(key) && known(key) === "stands") refeed.push(key);
    }
    this.#shown = shown;
    // A stranger's group that was taken away is not remembered.
    for (const key of this.#feeds.keys()) {
      if (!shown.has(key) && !touched.has(key) && known(key) === "nothing") this.#feeds.delete(key);
    }
    return { refeed, straight };
  }

  /**
   * Whether somebody else brought the group since the last look, this hub having fed nothing. A look before that is needed, since a
   * Pushgateway's clock may have been ahead when the group was pushed; and the time, since a feed that failed may have come late.
   */
  #isNew({ key, pushedAtMs }: Sighting, sinceMs: number): boolean {
    return !this.#feeds.has(key) && this.#shown?.has(key) === false && pushedAtMs > sinceMs;
  }

  #isStraight({ key, pushedAtMs }: Sighting): boolean {
    const feed = this.#feeds.get(key);
    // Never fed in this life of hub and Pushgateway, so it is about to be, or to go.
    if (feed === undefined) return false;
    const own = pushedAtMs >= feed.startMs - roundingMs && pushedAtMs <= feed.endMs + roundingMs;
    const changed = feed.seenMs !== undefined && feed.seenMs !== pushedAtMs;
    feed.seenMs ??= pushedAtMs;
    return !own && (changed || pushedAtMs > feed.endMs);
  }
}
