/** The thread of the prober: nothing else runs here, so that what clients see is measured undisturbed. */
import { parentPort, workerData } from "node:worker_threads";
import { trust } from "../../site/trust.ts";
import { Client } from "./client.ts";
import type { ProberInput, ProberMessage, ProberOrder, Sample, Stream } from "./sample.ts";

const sendEveryMs = 50;

const { streams, trusted } = workerData as ProberInput; // given by prober.ts
let number = 0;
let samples: Sample[] = [];
let settling = false;
const clients = new Map<string, Client>();

function ask(stream: Stream): void {
  const known = clients.get(stream.name);
  known?.turnTo(stream.targets);
  if (known !== undefined) return;
  const client = new Client({ stream, nextNumber: () => ++number, done: (sample) => samples.push(sample) });
  clients.set(stream.name, client);
  client.start();
}

function obey(order: ProberOrder): void {
  if (order.kind === "settle") {
    settling = true;
    for (const client of clients.values()) client.settle();
  } else if (!settling) for (const stream of order.streams) ask(stream);
}

for (const ca of trusted) trust(ca);
for (const stream of streams) ask(stream);
parentPort?.on("message", obey);
setInterval(() => {
  if (samples.length === 0) return;
  parentPort?.postMessage({ samples } satisfies ProberMessage);
  samples = [];
}, sendEveryMs);
