/** Writes numbered batches into mainpc's metrics stream, as its hub does, and remembers when each was sent. */

import type { NatsConnection } from "nats";
import { encodeBatch } from "../../../hub/core/batch-codec.ts";
import type { Batch } from "../../../hub/core/record.ts";
import { recordSubject } from "../../../hub/io/streams.ts";

const recordBytes = 1024;
const maxInFlight = 200;
const timeoutMs = 1_000;

export class Writer {
  /** By number of the batch, on this process's monotonic clock. */
  readonly sentAtMs = new Map<number, number>();
  readonly #nc: NatsConnection;
  readonly #recordsPerBatch: number;
  readonly #body: string;
  #incarnation = "1";
  #written = 0;

  constructor(nc: NatsConnection, recordsPerBatch = 1) {
    this.#nc = nc;
    this.#recordsPerBatch = recordsPerBatch;
    this.#body = `bench_value ${"1".repeat(recordBytes - 150)}\n`;
  }

  get incarnation(): string {
    return this.#incarnation;
  }

  /** Batches of this incarnation that were stored. */
  get written(): number {
    return this.#written;
  }

  /** As a hub does that starts again: numbers begin anew. */
  startAgain(): void {
    this.#incarnation = String(Number(this.#incarnation) + 1);
    this.#written = 0;
    this.sentAtMs.clear();
  }

  /** Resolves when the batch is stored. */
  async write(): Promise<void> {
    const number = ++this.#written;
    const push = {
      kind: "push" as const,
      at: { wallMs: Date.now(), counter: 0 },
      op: "put" as const,
      group: [["job", "bench"]] as [string, string][],
      body: this.#body,
    };
    const batch: Batch = {
      v: 1,
      origin: "mainpc",
      incarnation: this.#incarnation,
      firstSeq: (number - 1) * this.#recordsPerBatch + 1,
      records: Array.from({ length: this.#recordsPerBatch }, () => push),
    };
    this.sentAtMs.set(number, performance.now());
    const js = this.#nc.jetstream({ timeout: timeoutMs });
    await js.publish(recordSubject("metrics", "mainpc"), encodeBatch(batch));
  }

  async writeMany(count: number): Promise<void> {
    const inFlight = new Set<Promise<void>>();
    for (let i = 0; i < count; i++) {
      const stored: Promise<void> = this.write().finally(() => inFlight.delete(stored));
      inFlight.add(stored);
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  }

  /** One batch at a time at a steady pace until `done`. */
  async writeSteadily(perSecond: number, done: () => boolean): Promise<void> {
    const startedMs = performance.now();
    for (let sent = 0; !done(); sent++) {
      const dueMs = startedMs + (sent * 1_000) / perSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await this.write();
    }
  }

  /** Which batch a copied one is. */
  numberOf(batch: Batch): number {
    return (batch.firstSeq - 1) / this.#recordsPerBatch + 1;
  }
}
