/** Lets a push wait until the peer has its record, within a deadline and only while the pair is in sync. */
import { comparePosition, type RecordPosition } from "../core/record.ts";

export type Replication = "peer" | "local";

interface Waiter {
  position: RecordPosition;
  settle(result: Replication): void;
}

export interface PeerAcksOptions {
  /** Longest wait, ms. */
  deadlineMs: number;
  isCopied(position: RecordPosition): boolean;
  isInSync(): boolean;
}

export class PeerAcks {
  readonly #options: PeerAcksOptions;
  /** Ascending, because records are stored in order. */
  readonly #waiting: Waiter[] = [];

  constructor(options: PeerAcksOptions) {
    this.#options = options;
  }

  wait(position: RecordPosition): Promise<Replication> {
    const { deadlineMs, isCopied, isInSync } = this.#options;
    if (isCopied(position)) return Promise.resolve("peer");
    if (!isInSync()) return Promise.resolve("local");
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.settle("local"), deadlineMs);
      const waiter: Waiter = {
        position,
        settle: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
      };
      this.#waiting.push(waiter);
    });
  }

  /** The peer has stored all up to here. */
  copied(position: RecordPosition): void {
    let done = 0;
    for (const waiter of this.#waiting) {
      if (comparePosition(waiter.position, position) > 0) break;
      waiter.settle("peer");
      done++;
    }
    this.#waiting.splice(0, done);
  }

  /** The pair is no longer in sync: nobody waits for what will not come. */
  giveUp(): void {
    for (const waiter of this.#waiting.splice(0)) waiter.settle("local");
  }
}
