/** How far the peer's clock is from this one, by the wall times in its reports: those that were under way for the shortest time tell most. */

/** Of so many ms at a time the smallest difference is kept. */
const slotMs = 10_000;
const slots = 6;

/** Mutable; one per hub. */
export class ClockOffset {
  /** Newest last. */
  #least: { slot: number; ms: number }[] = [];

  /**
   * @param peerWallMs when the report was written, by the peer's clock
   * @param wallMs when it came, by this one
   * @param atMs monotonic
   */
  note(peerWallMs: number, wallMs: number, atMs: number): void {
    const slot = Math.floor(atMs / slotMs);
    const ms = wallMs - peerWallMs;
    const last = this.#least.at(-1);
    if (last?.slot === slot) last.ms = Math.min(last.ms, ms);
    else this.#least.push({ slot, ms });
    this.#least = this.#least.filter((each) => slot - each.slot < slots);
  }

  /** By how much the peer's clock is behind this one, or before it (negative), ms; undefined when nothing came in the last minute. */
  read(atMs: number): number | undefined {
    const slot = Math.floor(atMs / slotMs);
    const recent = this.#least.filter((each) => slot - each.slot < slots).map(({ ms }) => ms);
    return recent.length === 0 ? undefined : Math.min(...recent);
  }
}
