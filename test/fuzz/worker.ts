/** The thread in which one target is fuzzed, so that an input that never ends ends this thread and nothing else. */
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { readCorpus, readEntry } from "./corpus.ts";
import { Campaign } from "./engine/campaign.ts";
import { Coverage } from "./engine/coverage.ts";
import type { FromWorker } from "./run-target.ts";
import { loadTarget } from "./targets/table.ts";

const Orders = z.object({
  target: z.string(),
  seed: z.number(),
  maxInputs: z.number(),
  maxMs: z.number(),
  distil: z.boolean(),
  /** Files to run and nothing else. */
  replay: z.array(z.string()).optional(),
  /** Number of runs begun, length of the input, whether to stop. */
  state: z.instanceof(SharedArrayBuffer),
  input: z.instanceof(SharedArrayBuffer),
});

const orders = Orders.parse(workerData);
const state = new Int32Array(orders.state);
const current = new Uint8Array(orders.input);
const tell = (message: FromWorker) => parentPort?.postMessage(message);

// Before the sources: of a function that was compiled earlier V8 counts the whole, and no blocks.
const coverage = new Coverage();
const target = await loadTarget(orders.target);
coverage.only(target.covers);
const subject = await target.open();
const isReplay = orders.replay !== undefined;
const entries = orders.replay?.map(readEntry) ?? [];
const replayed = {
  inputs: entries.flatMap((entry) => ("from" in entry ? [] : [entry.input])),
  stretches: entries.flatMap((entry) => ("from" in entry ? [entry] : [])),
};
const { inputs, stretches } = isReplay ? replayed : readCorpus(orders.target);
const campaign = new Campaign(isReplay ? { ...target, seeds: () => [] } : target, subject, coverage, {
  seed: orders.seed,
  maxInputs: isReplay ? 0 : orders.maxInputs,
  maxMs: orders.maxMs,
  corpus: inputs,
  stretches,
  running: (input) => {
    current.set(input.subarray(0, current.length));
    Atomics.store(state, 1, Math.min(input.length, current.length));
    Atomics.add(state, 0, 1);
  },
  progress: (figures) => tell({ type: "progress", figures }),
  stopped: () => Atomics.load(state, 2) !== 0,
});
const found = await campaign.run();
const distilled = orders.distil && found === undefined ? await campaign.distilled() : undefined;
await subject.close?.();
coverage.stop();
tell({ type: "done", figures: campaign.figures, found, distilled });
