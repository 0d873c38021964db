/** A machine's two clocks: one that only goes forward, though not at the true pace, and one that people may set. */
import type { World } from "./world.ts";

export class MachineClock {
  readonly #world: World;
  /** Machine's ms in a true ms. */
  readonly rate: number;
  #bootedAtMs = 0;
  #wallOffsetMs: number;

  /** @param driftLimit as a fraction: 0.02 lets the pace be wrong by up to 2 % */
  constructor(world: World, driftLimit: number) {
    this.#world = world;
    this.rate = 1 + (2 * world.random.next() - 1) * driftLimit;
    this.#wallOffsetMs = 1_700_000_000_000 + world.random.between(-2_000, 2_000);
  }

  /** Ms since the machine's start, the same for all of its processes. */
  get monoMs(): number {
    return (this.#world.nowMs - this.#bootedAtMs) * this.rate;
  }

  get wallMs(): number {
    return Math.round(this.#wallOffsetMs + this.#world.nowMs * this.rate);
  }

  /** True ms that pass while this clock counts so many. */
  trueMs(localMs: number): number {
    return localMs / this.rate;
  }

  boot(): void {
    this.#bootedAtMs = this.#world.nowMs;
  }

  jump(ms: number): void {
    this.#wallOffsetMs += ms;
  }
}
