/** A machine's disk: writes are done in their order and count once they are synced; it may be slow, full, or lost. */
import type { World } from "./world.ts";

interface Write {
  apply: () => void;
  done: (ok: boolean) => void;
}

export class Disk {
  readonly #world: World;
  /** Longest sync, ms. */
  syncMs = 2;
  isFull = false;
  /** Grows whenever all is gone. */
  generation = 0;
  readonly #queue: Write[] = [];
  #isBusy = false;
  #power = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /**
   * @param apply makes the bytes stand
   * @param done false when there was no room; never called when the power went first
   */
  write(apply: () => void, done: (ok: boolean) => void): void {
    this.#queue.push({ apply, done });
    this.#next();
  }

  /** Who wrote is gone. What is under way stands in part: as many of the first writes as chance has it, and nobody is told. */
  abandon(): void {
    const survivors = this.#world.random.between(0, this.#queue.length);
    for (const write of this.#queue.slice(0, survivors)) if (!this.isFull) write.apply();
    this.#queue.length = 0;
    this.#isBusy = false;
    this.#power++;
  }

  #next(): void {
    if (this.#isBusy) return;
    const write = this.#queue[0];
    if (write === undefined) return;
    this.#isBusy = true;
    const power = this.#power;
    const { random } = this.#world;
    this.#world.after(0.2 + random.next() * this.syncMs, () => {
      if (power !== this.#power) return;
      this.#queue.shift();
      this.#isBusy = false;
      const ok = !this.isFull;
      if (ok) write.apply();
      write.done(ok);
      this.#next();
    });
  }
}
