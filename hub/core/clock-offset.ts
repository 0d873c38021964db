/** How far the peer's clock is from this one, by the wall times in its reports: those that were under way for the shortest time tell most. */

/** What the newest slot is later than those before it is no way of a report: a clock was set, ms. */
const jumpMs = 500;
/** So many reports are not all late. */
const surely = 5;
/** Of so many ms at a time the smallest difference is kept. */
const slotMs = 10_000;
const slots = 6;

/** Mutable; one per hub. */
export class ClockOffset {
  /** Newest last. */
  #least: { slot: number; ms: number; reports: number }[] = [];

  /**
   * @param peerWallMs when the report was written, by the peer's clock
   * @param wallMs when it came, by this one
   * @param atMs monotonic
   */
  note(peerWallMs: number, wallMs: number, atMs: number): void {
    const slot = Math.floor(atMs / slotMs);
    const ms = wallMs - peerWallMs;
    const last = this.#least.at(-1);
    if (last?.slot === slot) Object.assign(last, { ms: Math.min(last.ms, ms), reports: last.reports + 1 });
    else this.#least.push({ slot, ms, reports: 1 });
    const newest = this.#least.at(-1);
    const wasSet = (before: number) => newest !== undefined && newest.reports >= surely && newest.ms - before > jumpMs;
    this.#least = this.#least.filter((each) => slot - each.slot < slots && !wasSet(each.ms));
  }

  /** By how much the peer's clock is behind this one, or before it (negative), ms; undefined when nothing came in the last minute. */
  read(atMs: number): number | undefined {
    const slot = Math.floor(atMs / slotMs);
    const recent = this.#least.filter((each) => slot - each.slot < slots).map(({ ms }) => ms);
    return recent.length === 0 ? undefined : Math.min(...recent);
  }
}
