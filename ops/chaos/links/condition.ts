/** What a link does with what passes in one direction. */
export interface Condition {
  /** Nothing passes and nothing says so, as behind a pulled cable. */
  blocked: boolean;
  /** Added to each packet's way, ms. */
  delayMs: number;
  /** At most so much more, differing from packet to packet, ms. */
  jitterMs: number;
  /** Share of the packets that are lost, 0 to 1. A datagram is gone; a stream stands still until the sender has sent it again. */
  loss: number;
}

export const clear: Condition = { blocked: false, delayMs: 0, jitterMs: 0, loss: 0 };

/** What TCP waits at least before it sends a lost packet again, ms: Linux's shortest. */
export const resendMs = 200;

/** One direction's condition, and word of its changes. */
export class Direction {
  #condition = clear;
  readonly #listeners = new Set<() => void>();

  get condition(): Condition {
    return this.#condition;
  }

  set(condition: Condition): void {
    this.#condition = condition;
    for (const listener of this.#listeners) listener();
  }

  /** @returns a function that ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
