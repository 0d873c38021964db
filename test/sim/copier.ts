/** Copies the peer's stream to this machine's disk, and takes back from the peer what this machine's own stream has lost. */
import type { Machine } from "./machine.ts";
import type { NatsServer, StreamAnswer } from "./nats-server.ts";
import type { StoredBatch } from "./platter.ts";

export interface CopierOptions {
  self: Machine;
  peerNats: NatsServer;
  isHeld(origin: "own" | "peer", batch: StoredBatch): boolean;
  /** It is on this machine's disk, or was there already. */
  onCopied(batch: StoredBatch): void;
  onRefilled(batch: StoredBatch): void;
}

/** Before a question without an answer is asked again, ms. */
const answerDeadlineMs = 1_000;

export class Copier {
  readonly #options: CopierOptions;
  /** Number of the question whose answer is awaited; answers to earlier ones come too late. */
  #question = 0;
  #isAsking = false;
  #isRefilling = false;

  constructor(options: CopierOptions) {
    this.#options = options;
  }

  /** @param waits for news, in a question that may stay without an answer */
  copyOn(waits = false): void {
    if (this.#isAsking) return;
    const { self, peerNats } = this.#options;
    this.#isAsking = true;
    const question = ++this.#question;
    const { hub } = self.processes;
    const take = hub.bound((answer: StreamAnswer) => {
      if (question === this.#question) this.#store(answer);
    });
    peerNats.askOwn(self.name, self.platter.copyPlace, waits, take);
    hub.after(answerDeadlineMs, () => {
      if (question !== this.#question) return;
      this.#question++;
      this.#isAsking = false;
    });
  }

  refill(from = 0): void {
    if (from === 0 && this.#isRefilling) return;
    this.#isRefilling = true;
    const { self, peerNats, isHeld, onRefilled } = this.#options;
    const { hub } = self.processes;
    let isAnswered = false;
    const take = hub.bound(({ batches, end }: StreamAnswer) => {
      if (isAnswered) return;
      isAnswered = true;
      const lacked = batches.filter((batch) => !isHeld("own", batch));
      const done = hub.bound(() => {
        for (const batch of lacked) onRefilled(batch);
        if (batches.length > 0 && from + batches.length < end) this.refill(from + batches.length);
        else this.#isRefilling = false;
      });
      const failed = hub.bound(() => {
        this.#isRefilling = false;
      });
      self.disk.write(
        () => self.platter.addOwn(...lacked),
        (ok) => (ok ? done() : failed()),
      );
    });
    peerNats.askCopy(self.name, from, take);
    hub.after(answerDeadlineMs, () => {
      if (isAnswered) return;
      isAnswered = true;
      this.#isRefilling = false;
    });
  }

  #store({ created, from, batches }: StreamAnswer): void {
    const { self, isHeld, onCopied } = this.#options;
    const question = this.#question;
    const fresh = batches.filter((batch) => !isHeld("peer", batch));
    const index = from + batches.length;
    const done = self.processes.hub.bound(() => {
      for (const batch of batches) onCopied(batch);
      if (question !== this.#question) return;
      this.#isAsking = false;
      this.copyOn(true);
    });
    self.disk.write(
      () => self.platter.addCopy(fresh, { created, index }),
      // A full disk is tried again after the question's deadline.
      (ok) => ok && done(),
    );
  }
}
