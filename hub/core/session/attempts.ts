/** How often codes may be guessed: a few times a minute from one address, and not much more often from all together. */

export const maxWrongOfAddress = 5;
export const maxWrongOfAll = 60;
const windowMs = 60_000;

/** Mutable; one per hub. Bounded, since nobody is counted any more once all together are too many. */
export class Attempts {
  readonly #wrong = new Map<string, number>();
  #all = 0;
  #endMs = 0;

  /** @returns how long until another attempt is taken, ms; undefined when one is */
  waitMs(address: string, nowMs: number): number | undefined {
    this.#turn(nowMs);
    const isTooMany = this.#all >= maxWrongOfAll || (this.#wrong.get(address) ?? 0) >= maxWrongOfAddress;
    return isTooMany ? this.#endMs - nowMs : undefined;
  }

  wrong(address: string, nowMs: number): void {
    this.#turn(nowMs);
    this.#all++;
    this.#wrong.set(address, (this.#wrong.get(address) ?? 0) + 1);
  }

  #turn(nowMs: number): void {
    // Also when the clock went back.
    if (nowMs < this.#endMs && this.#endMs - nowMs <= windowMs) return;
    this.#wrong.clear();
    this.#all = 0;
    this.#endMs = nowMs + windowMs;
  }
}
