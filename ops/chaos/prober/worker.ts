/** The thread of the prober: nothing else runs here, so that what clients see is measured undisturbed. */
import { parentPort, workerData } from "node:worker_threads";
import { Client } from "./client.ts";
import type { ProberInput, ProberMessage, ProberOrder, Sample } from "./sample.ts";

const sendEveryMs = 50;

const { streams } = workerData as ProberInput; // given by prober.ts
let number = 0;
let samples: Sample[] = [];
const clients = streams.map(
  (stream) => new Client({ stream, nextNumber: () => ++number, done: (sample) => samples.push(sample) }),
);

for (const client of clients) client.start();
parentPort?.on("message", ({ settle }: ProberOrder) => {
  if (settle) for (const client of clients) client.settle();
});
setInterval(() => {
  if (samples.length === 0) return;
  parentPort?.postMessage({ samples } satisfies ProberMessage);
  samples = [];
}, sendEveryMs);
