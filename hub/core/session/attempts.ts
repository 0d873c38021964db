/** How often codes may be guessed: a few times a minute from one address. A code has 128 bits, so all together need no limit. */

export const maxWrongOfAddress = 5;
const maxAddresses = 1_000;
const windowMs = 60_000;

/** Mutable; one per hub. Of more addresses than it has room for, the oldest is forgotten. */
export class Attempts {
  readonly #wrong = new Map<string, number>();
  #endMs = 0;

  /** @returns how long until another attempt is taken, ms; undefined when one is */
  waitMs(address: string, nowMs: number): number | undefined {
    this.#turn(nowMs);
    return (this.#wrong.get(address) ?? 0) >= maxWrongOfAddress ? this.#endMs - nowMs : undefined;
  }

  wrong(address: string, nowMs: number): void {
    this.#turn(nowMs);
    const count = (this.#wrong.get(address) ?? 0) + 1;
    this.#wrong.delete(address);
    this.#wrong.set(address, count);
    const [oldest] = this.#wrong.keys();
    if (this.#wrong.size > maxAddresses && oldest !== undefined) this.#wrong.delete(oldest);
  }

  #turn(nowMs: number): void {
    // Also when the clock went back.
    if (nowMs < this.#endMs && this.#endMs - nowMs <= windowMs) return;
    this.#wrong.clear();
    this.#endMs = nowMs + windowMs;
  }
}
