/** Moments that the hub's two threads tell each other without a message: a main loop that stands still reads none and writes none. */

export const beatPaths = ["udp", "tcp", "nats"] as const;
export type BeatPath = (typeof beatPaths)[number];

const pulseSlot = 0;
const lagSlot = 1;
const firstPathSlot = 2;

export class Board {
  /** Nanoseconds; 0 for what was not yet. Given to the other thread. */
  readonly buffer: SharedArrayBuffer;
  readonly #slots: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(8 * (firstPathSlot + beatPaths.length))) {
    this.buffer = buffer;
    this.#slots = new BigInt64Array(buffer);
  }

  /** The main loop runs. */
  pulse(lagMs: number): void {
    Atomics.store(this.#slots, lagSlot, BigInt(Math.round(lagMs)));
    Atomics.store(this.#slots, pulseSlot, process.hrtime.bigint());
  }

  get pulsedAtMs(): number | undefined {
    return this.#read(pulseSlot);
  }

  get lagMs(): number {
    return Number(Atomics.load(this.#slots, lagSlot));
  }

  /** The peer's judge was heard by this path. */
  heard(path: BeatPath): void {
    Atomics.store(this.#slots, firstPathSlot + beatPaths.indexOf(path), process.hrtime.bigint());
  }

  /** Undefined before the first time. */
  heardAtMs(path: BeatPath): number | undefined {
    return this.#read(firstPathSlot + beatPaths.indexOf(path));
  }

  #read(slot: number): number | undefined {
    const ns = Atomics.load(this.#slots, slot);
    return ns === 0n ? undefined : Number(ns / 1_000n) / 1_000;
  }
}
