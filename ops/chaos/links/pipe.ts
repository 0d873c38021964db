/** Carries one direction of a TCP connection under a condition that may change: bytes are held or late, never lost or reordered. */
import type { Socket } from "node:net";
import type { Random } from "../random.ts";
import { type Direction, resendMs } from "./condition.ts";

interface Item {
  dueMs: number;
  /** Undefined: the sender has said its last. */
  bytes: Buffer | undefined;
}

/** More than a link holds back, the sender must hold back itself, bytes. */
const mostHeldBytes = 1024 * 1024;

export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #direction: Direction;
  readonly #random: Random;
  readonly #unsubscribe: () => void;
  #items: Item[] = [];
  #heldBytes = 0;
  #lastDueMs = 0;
  #waitsForDrain = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, direction: Direction, random: Random) {
    this.#from = from;
    this.#to = to;
    this.#direction = direction;
    this.#random = random;
    this.#unsubscribe = direction.onChange(() => this.#drain());
    from.on("data", (bytes) => this.#take(bytes));
    from.on("end", () => this.#take(undefined));
    to.on("drain", () => {
      this.#waitsForDrain = false;
      this.#drain();
    });
  }

  close(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    this.#items = [];
  }

  #take(bytes: Buffer | undefined): void {
    const { delayMs, jitterMs, loss } = this.#direction.condition;
    let dueMs = performance.now() + delayMs + jitterMs * this.#random.next();
    if (loss > 0 && this.#random.chance(loss)) dueMs += resendMs;
    // What comes later waits for what came before: a stream keeps its order.
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs);
    this.#items.push({ dueMs: this.#lastDueMs, bytes });
    this.#heldBytes += bytes?.length ?? 0;
    this.#drain();
    if (this.#heldBytes > mostHeldBytes) this.#from.pause();
  }

  #drain(): void {
    clearTimeout(this.#timer);
    while (!this.#direction.condition.blocked && !this.#waitsForDrain) {
      const item = this.#items[0];
      if (item === undefined) break;
      const waitMs = item.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#drain(), waitMs);
        break;
      }
      this.#items.shift();
      this.#heldBytes -= item.bytes?.length ?? 0;
      if (item.bytes === undefined) this.#to.end();
      else if (!this.#to.write(item.bytes)) this.#waitsForDrain = true;
    }
    if (this.#heldBytes <= mostHeldBytes) this.#from.resume();
  }
}
