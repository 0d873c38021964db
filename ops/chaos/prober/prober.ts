/** Measures from outside what clients see, in a thread of its own. */
import { Worker } from "node:worker_threads";
import { messageOf } from "../../../hub/io/log.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { OperatorError } from "../../error.ts";
import { trustedCas } from "../../site/trust.ts";
import type { ProberInput, ProberMessage, ProberOrder, Sample, Stream } from "./sample.ts";

/** After the last answer: until it has arrived from the other thread, ms. */
const lastWordMs = 150;

export class Prober {
  streams: Stream[];
  readonly #worker: Worker;
  #samples: Sample[] = [];
  #failure: OperatorError | undefined;

  /** Begins at once. */
  constructor(streams: Stream[]) {
    this.streams = streams;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: { streams, trusted: trustedCas() } satisfies ProberInput,
    });
    // One by one: after a standstill there are more than a call takes arguments.
    this.#worker.on("message", ({ samples }: ProberMessage) => {
      for (const sample of samples) this.#samples.push(sample);
    });
    // An error of another thread arrives without its class.
    this.#worker.on("error", (error: unknown) => (this.#failure = died(messageOf(error))));
    this.#worker.on("exit", (code) => (this.#failure ??= died(`it ended with ${code}`)));
  }

  /** Of all requests that were due in a window that is over, once they are answered or given up; earlier ones are forgotten. @throws as `drain` */
  async take(fromMs: number, toMs: number): Promise<Sample[]> {
    const longestMs = Math.max(...this.streams.map(({ tryMs, targets }) => tryMs * targets.length));
    await new Promise((resolve) => setTimeout(resolve, toMs - monoMs() + longestMs + lastWordMs));
    if (this.#failure !== undefined) throw this.#failure;
    const taken = this.#samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    this.#samples = this.#samples.filter(({ atMs }) => atMs >= toMs);
    return taken;
  }

  /** All that have been answered or given up since the last call. @throws OperatorError once its thread has died */
  drain(): Sample[] {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#samples.splice(0);
  }

  /** In place of those so far, whose names all stay. */
  ask(streams: Stream[]): void {
    this.streams = streams;
    this.#order({ kind: "ask", streams });
  }

  /** Ends the load, but for what has failed of it and is numbered. */
  settle(): void {
    this.#order({ kind: "settle" });
  }

  async close(): Promise<void> {
    this.#worker.removeAllListeners("exit");
    await this.#worker.terminate();
  }

  #order(order: ProberOrder): void {
    this.#worker.postMessage(order);
  }
}

const died = (why: string) =>
  new OperatorError(
    "prober.died",
    `the thread that asks as clients do has died, so nothing is measured any more: ${why}`,
    "Begin again (a soak goes on with --resume); if it comes again, keep this line for a report of a fault in Tandem",
  );
