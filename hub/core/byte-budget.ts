/** Bounds the bytes that are in memory on their way: bodies that are being read, and records that wait to be stored. */

/** What is larger takes three quarters at most, so that a few large ones leave room to many small ones. */
const smallBytes = 64 * 1024;
const shareOfLarge = 0.75;

export class ByteBudget {
  readonly limit: number;
  readonly #onRefusal: () => void;
  #used = 0;

  constructor(limit: number, onRefusal: () => void) {
    this.limit = limit;
    this.#onRefusal = onRefusal;
  }

  get used(): number {
    return this.#used;
  }

  /** Whether nothing more can be taken; who asks is about to be refused. */
  get isFull(): boolean {
    const isFull = this.#used >= this.limit;
    if (isFull) this.#onRefusal();
    return isFull;
  }

  /**
   * Takes so many bytes, to be given back later, or refuses and takes none.
   * @param held what the same body has taken already
   */
  take(bytes: number, held = 0): boolean {
    const most = held + bytes > smallBytes ? this.limit * shareOfLarge : this.limit;
    if (this.#used + bytes > most) {
      this.#onRefusal();
      return false;
    }
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }

  /** For one body, whose bytes come bit by bit and go together. */
  hold(): ByteHold {
    let held = 0;
    return {
      take: (bytes) => {
        if (!this.take(bytes, held)) return false;
        held += bytes;
        return true;
      },
      release: () => {
        this.give(held);
        held = 0;
      },
    };
  }

  /** Why something was refused. */
  get reason(): string {
    return `${this.#used} bytes of pushes are under way already, and ${this.limit} is the most (limits.bytesUnderWay)`;
  }
}

export interface ByteHold {
  take(bytes: number): boolean;
  release(): void;
}
