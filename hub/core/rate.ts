/** How much of something comes per second at present, weighed so that what came a minute ago counts a third. */
const weighMs = 60_000;

/** Mutable; all times are monotonic ms of one clock. */
export class Rate {
  #sum = 0;
  #atMs = 0;

  add(amount: number, atMs: number): void {
    this.#sum = this.#at(atMs) + amount;
    this.#atMs = atMs;
  }

  perSecond(atMs: number): number {
    return this.#at(atMs) / (weighMs / 1_000);
  }

  #at(atMs: number): number {
    return this.#sum * Math.exp((this.#atMs - atMs) / weighMs);
  }
}
