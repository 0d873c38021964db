/** The thread of `load`: bare sockets, one request under way on each, and the time of each answer. */
import { connect, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { AnswerReader } from "./answers.ts";
import { firstAnswer, type LoadOptions, type LoadResult } from "./load.ts";
import { fill, template } from "./message.ts";

const options = workerData as LoadOptions; // `load` has put it there
const { host, port, connections, send, warmMs, until, perSecond } = options;
const templates = "get" in send ? [] : Array.from({ length: send.groups }, (_, group) => template(group, send));
const asked = "get" in send ? Buffer.from(`GET ${send.get} HTTP/1.1\r\nHost: bench\r\n\r\n`) : undefined;
const most = "requests" in until ? until.requests : Number.POSITIVE_INFINITY;
const startMs = performance.now();
const countFromMs = startMs + warmMs;
const endMs = "ms" in until ? countFromMs + until.ms : Number.POSITIVE_INFINITY;
const pollMs = 1;

let stopped = false;
let sent = 0;
let failed = 0;
let peer = 0;
let open = 0;
let lastAnswerMs = countFromMs;
const latencies: number[] = [];
const idle: ((dueMs: number) => void)[] = [];
parentPort?.on("message", () => {
  stopped = true;
});

const mayGoOn = () => !stopped && sent < most && performance.now() < endMs;

function next(): Buffer {
  const count = sent++;
  if (asked !== undefined) return asked;
  const chosen = templates[count % templates.length];
  if (chosen === undefined) throw new Error("there is no group to push");
  return fill(chosen, count);
}

function openOne(): void {
  const socket: Socket = connect(port, host);
  const reader = new AnswerReader();
  let dueMs = 0;
  let waiting = false;
  open++;
  socket.setNoDelay(true);
  const begin = (atMs: number) => {
    dueMs = atMs;
    waiting = true;
    socket.write(next());
  };
  const goOn = () => {
    if (perSecond !== undefined && !stopped) idle.push(begin);
    else if (mayGoOn()) begin(performance.now());
    else socket.destroy();
  };
  socket.once("connect", goOn);
  socket.on("data", (chunk: Buffer) => {
    const answer = reader.take(chunk);
    if (answer === undefined) return;
    waiting = false;
    count(answer.status, answer.head, dueMs);
    goOn();
  });
  socket.on("error", () => {});
  socket.once("close", () => {
    if (waiting) failed++;
    open--;
    if (open === 0) finish();
  });
}

function count(status: number, head: string, dueMs: number): void {
  const nowMs = performance.now();
  if (dueMs < countFromMs) return;
  if (status !== 200 && status !== 202) return void failed++;
  lastAnswerMs = nowMs;
  if (latencies.length === 0) parentPort?.postMessage(firstAnswer);
  latencies.push(nowMs - dueMs);
  if (head.includes("andem-Replication: peer") || head.includes("andem-replication: peer")) peer++;
}

/** Sends when it is time, on whichever connection is free; what has to wait for one is measured from when it was due. */
function pace(rate: number): void {
  let due = 0;
  const timer = setInterval(() => {
    if (!mayGoOn()) {
      clearInterval(timer);
      stopped = true;
      for (const _ of idle.splice(0)) open--;
      if (open === 0) finish();
      return;
    }
    const shouldMs = performance.now() - startMs;
    while (due < (shouldMs / 1_000) * rate) {
      const begin = idle.shift();
      if (begin === undefined) return;
      begin(startMs + (due / rate) * 1_000);
      due++;
    }
  }, pollMs);
}

function finish(): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0;
  const seconds = Math.max(lastAnswerMs - countFromMs, 1) / 1_000;
  const result: LoadResult = {
    perSecond: latencies.length / seconds,
    answered: latencies.length,
    failed,
    peer,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: latencies.at(-1) ?? 0,
  };
  parentPort?.postMessage(result);
}

for (let i = 0; i < connections; i++) openOne();
if (perSecond !== undefined) pace(perSecond);
