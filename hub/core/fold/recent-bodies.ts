/** Keeps what a check has parsed until the same push comes back as a stored record, so that it is not parsed twice. */
import type { PreparedFamily } from "./prepare.ts";

/** A push that is refused by the store never comes back, so what waits is bounded; the oldest goes first. */
const maxBodies = 2_048;
const maxCharacters = 32 * 1024 * 1024;

export class RecentBodies {
  readonly #kept = new Map<string, { key: string; families: PreparedFamily[] }>();
  #characters = 0;

  keep(key: string, body: string, families: PreparedFamily[]): void {
    this.#drop(body);
    this.#kept.set(body, { key, families });
    this.#characters += body.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxBodies && this.#characters <= maxCharacters) break;
      this.#drop(oldest);
    }
  }

  /** What was kept for this group and body, once; undefined when there is nothing. */
  take(key: string, body: string): PreparedFamily[] | undefined {
    const kept = this.#kept.get(body);
    if (kept?.key !== key) return undefined;
    this.#drop(body);
    return kept.families;
  }

  #drop(body: string): void {
    if (this.#kept.delete(body)) this.#characters -= body.length;
  }
}
