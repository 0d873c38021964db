/** Has a thread fuzz one target, and ends it when an input neither ends nor fails. */
import { Worker } from "node:worker_threads";
import type { Figures, Found } from "./engine/campaign.ts";
import type { FailureKind } from "./engine/examine.ts";

export interface TargetOptions {
  target: string;
  seed: number;
  maxInputs: number;
  maxMs: number;
  /** Whether the smallest inputs that run the same are wanted in the end. @default false */
  distil?: boolean;
  /** Files to be run, and nothing else. */
  replay?: readonly string[];
  signal?: AbortSignal;
  progress?(figures: Figures): void;
}

export interface TargetResult {
  figures: Figures;
  found: Found | undefined;
  distilled: Buffer[] | undefined;
}

export type FromWorker =
  | { type: "progress"; figures: Figures }
  // Buffers cross as plain arrays of bytes.
  | { type: "done"; figures: Figures; found: Found | undefined; distilled: Uint8Array[] | undefined };

const mostInputBytes = 1024 * 1024;
/**
 * Without news it may take so much of the processor, or so many looks, before it is ended: time alone says little of a machine that is busy, or
 * that stands still itself.
 */
const mostStillCpuMs = 20_000;
const mostLooks = 600;
const lookEveryMs = 500;
const heapMb = 1_024;
const noFigures: Figures = { inputs: 0, ms: 0, blocks: 0, knownBlocks: 0, pool: 0, refused: 0, longestCpuMs: 0 };

export async function runTarget({
  signal,
  progress,
  replay,
  distil = false,
  ...orders
}: TargetOptions): Promise<TargetResult> {
  const state = new SharedArrayBuffer(12);
  const input = new SharedArrayBuffer(mostInputBytes);
  const counters = new Int32Array(state);
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: { ...orders, distil, state, input, ...(replay === undefined ? {} : { replay }) },
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  let figures = noFigures;
  const result = (found: Found | undefined, distilled?: Buffer[]): TargetResult => ({ figures, found, distilled });
  /** What ran last, for a thread that cannot say it itself. */
  const lost = (kind: FailureKind, text: string) => {
    const bytes = Buffer.from(new Uint8Array(input, 0, counters[1] ?? 0));
    return result({ failure: { kind, text, signature: kind }, input: bytes });
  };
  const stop = () => void Atomics.store(counters, 2, 1);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  let seen = -1;
  let still = 0;
  let news = process.cpuUsage();
  return await new Promise<TargetResult>((resolve, reject) => {
    const watch = setInterval(() => {
      const begun = Atomics.load(counters, 0);
      still = begun === seen ? still + 1 : 0;
      if (still === 0) news = process.cpuUsage();
      seen = begun;
      const { user, system } = process.cpuUsage(news);
      if ((user + system) / 1_000 < mostStillCpuMs && still < mostLooks) return;
      finish(lost("hang", `an input has not ended after ${Math.round((user + system) / 1e6)} s of processor time`));
    }, lookEveryMs);
    const finish = (ended: TargetResult) => {
      clearInterval(watch);
      signal?.removeEventListener("abort", stop);
      void worker.terminate().then(() => resolve(ended));
    };
    worker.on("message", (message: FromWorker) => {
      figures = message.figures;
      if (message.type === "progress") return progress?.(figures);
      const { found, distilled } = message;
      finish(
        result(
          found && { ...found, input: Buffer.from(found.input) },
          distilled?.map((each) => Buffer.from(each)),
        ),
      );
    });
    worker.once("error", (error: Error & { code?: string }) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY")
        return finish(lost("memory", `an input took more than ${heapMb} MB`));
      // Before the first input it is the target that cannot be made ready.
      if (Atomics.load(counters, 0) > 0)
        return finish(lost("thrown", `${error.name}: ${error.message} (outside of the run)`));
      clearInterval(watch);
      reject(error);
    });
  });
}
