/** Keeps what a check has prepared until the same push comes back as a stored record, so that it is not prepared twice. */
import type { PreparedFamily } from "./prepare.ts";

/** A push that is refused by the store never comes back, so what waits is bounded; the oldest goes first. */
const maxBodies = 2_048;
const maxCharacters = 32 * 1024 * 1024;

/** By group; of two pushes of one group that are under way the later one is kept. */
export class RecentBodies {
  readonly #kept = new Map<string, { body: string; families: PreparedFamily[]; size: number }>();
  #characters = 0;

  keep(key: string, body: string, families: PreparedFamily[]): void {
    this.#drop(key);
    // With a long path the families take many times as much as the body.
    const size = families.reduce((sum, family) => sum + family.characters, body.length);
    this.#kept.set(key, { body, families, size });
    this.#characters += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxBodies && this.#characters <= maxCharacters) break;
      this.#drop(oldest);
    }
  }

  /** What was kept for this group and body, once; undefined when there is nothing. */
  take(key: string, body: string): PreparedFamily[] | undefined {
    const kept = this.#kept.get(key);
    if (kept?.body !== body) return undefined;
    this.#drop(key);
    return kept.families;
  }

  #drop(key: string): void {
    this.#characters -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }
}
