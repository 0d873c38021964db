/** Virtual time: a queue of what happens when. One seed gives the same world again, event by event. */
import { type Random, seededRandom } from "../../ops/chaos/random.ts";

interface Planned {
  atMs: number;
  /** What was planned first happens first at the same instant. */
  order: number;
  run: () => void;
}

export interface WorldOptions {
  seed: number;
  /** Hears what happens, for whoever replays a seed. */
  trace?: (line: string) => void;
}

export class World {
  readonly seed: number;
  readonly random: Random;
  /** Called after each event: what must hold in every step is looked at there. */
  afterEach: () => void = () => {};
  events = 0;
  readonly #heap: Planned[] = [];
  readonly #trace: ((line: string) => void) | undefined;
  #nowMs = 0;
  #order = 0;

  constructor({ seed, trace }: WorldOptions) {
    this.seed = seed;
    this.random = seededRandom(seed);
    this.#trace = trace;
  }

  /** True time, which nobody in the world can read. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** @param line a function, so that a run without trace pays nothing for text */
  trace(line: () => string): void {
    this.#trace?.(`${(this.#nowMs / 1_000).toFixed(3).padStart(10)} ${line()}`);
  }

  after(ms: number, run: () => void): void {
    this.#push({ atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run });
  }

  /** Lets happen what is planned until then, or until `done` says so; true when it did. */
  runUntil(untilMs: number, done: () => boolean = () => false): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = untilMs;
        return done();
      }
      this.#pop();
      this.#nowMs = next.atMs;
      this.events++;
      next.run();
      this.afterEach();
      if (done()) return true;
    }
  }

  #push(item: Planned): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Planned;
      if (!isBefore(item, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      // Within the length, so there is one at each of these places.
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Planned, heap[below] as Planned)) below++;
      const child = heap[below] as Planned;
      if (!isBefore(child, item)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = item;
  }
}

const isBefore = (a: Planned, b: Planned) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
