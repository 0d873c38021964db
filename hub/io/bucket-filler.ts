/** Writes into this machine's bucket what is held and does not stand there: the peer's later versions, or all of it after a lost disk. */
import { documentId } from "../core/document.ts";
import type { DocumentPlace } from "./document-bucket.ts";
import { type Log, messageOf } from "./log.ts";

export interface BucketFillerOptions {
  /** Whether the bucket can be written to at present. */
  open(): boolean;
  /** Has the bucket hold what is held there. Rejects when that did not succeed. */
  level(place: DocumentPlace): Promise<void>;
  log: Log;
}

const inFlight = 8;
const retryMs = 1_000;

export class BucketFiller {
  readonly #options: BucketFillerOptions;
  readonly #due = new Map<string, DocumentPlace>();
  #filling: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failed = false;
  #stopped = false;
  #complaint = "";

  constructor(options: BucketFillerOptions) {
    this.#options = options;
  }

  /** It is written soon, or when the bucket can be written to again. */
  add(place: DocumentPlace): void {
    this.#due.set(documentId(place), place);
    this.wake();
  }

  wake(): void {
    if (this.#filling !== undefined || this.#retry !== undefined || !this.#goesOn()) return;
    this.#failed = false;
    this.#filling = Promise.all(Array.from({ length: inFlight }, () => this.#fill())).then(() => {
      this.#filling = undefined;
      if (!this.#failed) return this.wake();
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.wake();
      }, retryMs);
    });
  }

  /** Resolves when it writes no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#filling;
    clearTimeout(this.#retry);
  }

  #goesOn(): boolean {
    return this.#due.size > 0 && !this.#stopped && this.#options.open();
  }

  async #fill(): Promise<void> {
    // One turn of the event loop, so that whoever wakes it is done with what it is at.
    await new Promise(setImmediate);
    while (!this.#failed && this.#goesOn()) {
      const [next] = this.#due;
      if (next === undefined) return;
      const [id, place] = next;
      this.#due.delete(id);
      try {
        await this.#options.level(place);
        this.#complaint = "";
      } catch (error) {
        this.#due.set(id, place);
        this.#failed = true;
        const message = messageOf(error);
        if (message !== this.#complaint) this.#options.log.warn("documents.unfilled", { document: id, error: message });
        this.#complaint = message;
      }
    }
  }
}
