/** Puts load on a server from a thread of its own, so that whoever measures is not what is measured. */
import { Worker } from "node:worker_threads";
import type { Shape } from "./message.ts";

/** What the thread says when the first request is answered. */
export const firstAnswer = "first answer";

export interface Address {
  host: string;
  port: number;
}

export interface LoadOptions extends Address {
  connections: number;
  /** What is pushed, group after group; or a path that is asked for instead. */
  send: Shape | { get: string };
  /** Before anything is counted, ms. */
  warmMs: number;
  /** Time that is counted, ms; or exactly so many requests. */
  until: { ms: number } | { requests: number };
  /** Requests a second, however long answers take. @default one after the other on each connection */
  perSecond?: number;
}

export interface LoadResult {
  /** Answered with 200 or 202, per second. */
  perSecond: number;
  answered: number;
  /** Answered otherwise, or not at all. */
  failed: number;
  /** Of those answered, with `Tandem-Replication: peer`. */
  peer: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface LoadControl {
  /** Ends the load before its time. */
  signal: AbortSignal;
  onFirstAnswer(): void;
}

/** Resolves when all is answered. */
export async function load(options: LoadOptions, control?: LoadControl): Promise<LoadResult> {
  const worker = new Worker(new URL("./load-worker.ts", import.meta.url), { workerData: options });
  const stop = () => worker.postMessage("stop");
  control?.signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<LoadResult>((resolve, reject) => {
      worker.on("message", (message: LoadResult | typeof firstAnswer) => {
        if (message === firstAnswer) control?.onFirstAnswer();
        else resolve(message);
      });
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`the load ended with code ${code} and without a result`)));
    });
  } finally {
    await worker.terminate();
  }
}
