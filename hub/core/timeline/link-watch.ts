/** Says when the link to the peer was lost and when it healed, of what lasts: a lost packet or a stall of one's own is neither. */

/** Silence, or speech after it, that is shorter is not told, ms. */
export const linkLastsMs = 2_000;
/** Beats come every 50 ms; whoever was heard within this time is being heard, ms. */
const heardMs = 500;
/** A look that comes later than this says that nobody looked, not that nobody spoke, ms. */
const lateMs = 1_000;

export type LinkTurn = { to: "lost" } | { to: "healed"; lostForMs: number | undefined };

/** Mutable; one per hub. A peer that was never heard since the start is not lost. */
export class LinkWatch {
  #state: "unknown" | "linked" | "lost" = "unknown";
  #hasTurned = false;
  #lookedAtMs: number | undefined;
  /** Since when the peer is heard without a break. */
  #heardSinceMs: number | undefined;
  /** When it was heard last before the link was lost; undefined when that was in an earlier life. */
  #lostSinceMs: number | undefined;

  /** An earlier life of this hub has told that the link is lost, and nobody that it healed. */
  resumeLost(): void {
    if (!this.#hasTurned) this.#state = "lost";
  }

  /** @param heardAgoMs since the peer was heard last by any path; undefined before the first time */
  look(heardAgoMs: number | undefined, atMs: number): LinkTurn | undefined {
    const isLate = this.#lookedAtMs !== undefined && atMs - this.#lookedAtMs > lateMs;
    this.#lookedAtMs = atMs;
    if (heardAgoMs === undefined || isLate) return undefined;
    if (heardAgoMs >= heardMs) this.#heardSinceMs = undefined;
    else this.#heardSinceMs ??= atMs;
    if (this.#state === "unknown" && this.#heardSinceMs !== undefined) this.#state = "linked";
    if (this.#state === "linked" && heardAgoMs >= linkLastsMs) {
      this.#state = "lost";
      this.#hasTurned = true;
      this.#lostSinceMs = atMs - heardAgoMs;
      return { to: "lost" };
    }
    if (this.#state !== "lost" || this.#heardSinceMs === undefined || atMs - this.#heardSinceMs < linkLastsMs)
      return undefined;
    const lostForMs = this.#lostSinceMs === undefined ? undefined : this.#heardSinceMs - this.#lostSinceMs;
    this.#state = "linked";
    this.#hasTurned = true;
    this.#lostSinceMs = undefined;
    return { to: "healed", lostForMs };
  }
}
