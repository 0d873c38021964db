/** Lets a write of a document wait until the peer's bucket shows it, within a deadline and only while that is worth while. */
import { compareStamps, type Document, documentId, type Stamp } from "../core/document.ts";
import type { DocumentPlace } from "./document-bucket.ts";

/** Machines on whose disk a version is known to stand, or a later one of it. */
export type Copies = 1 | 2;

interface Waiter {
  document: Document;
  settle(copies: Copies): void;
}

const deadlineMs = 1_000;

export class DocumentCopies {
  readonly #waiting = new Set<Waiter>();
  /** Nothing came in time: whoever writes next does not wait for what does not come, until something does. */
  #stalls = false;

  /** To be asked only while it is not shown there yet. */
  wait(document: Document): Promise<Copies> {
    if (this.#stalls) return Promise.resolve(1);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#stalls = true;
        waiter.settle(1);
      }, deadlineMs);
      const waiter: Waiter = {
        document,
        settle: (copies) => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          resolve(copies);
        },
      };
      this.#waiting.add(waiter);
    });
  }

  /** The peer's bucket shows something new there. */
  shown(place: DocumentPlace, stamp: Stamp): void {
    this.#stalls = false;
    for (const waiter of this.#waiting)
      if (documentId(waiter.document) === documentId(place) && compareStamps(stamp, waiter.document) >= 0)
        waiter.settle(2);
  }

  /** The peer's bucket is read anew. */
  resume(): void {
    this.#stalls = false;
  }

  /** The peer's bucket is not seen any more. */
  giveUp(): void {
    for (const waiter of this.#waiting) waiter.settle(1);
  }
}
