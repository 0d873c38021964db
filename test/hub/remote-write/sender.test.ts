import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress } from "snappyjs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Backlog, type QueuedRequest } from "../../../hub/core/remote-write/backlog.ts";
import type { Turn } from "../../../hub/core/remote-write/turns.ts";
import { encodeLabels, WriteRequest } from "../../../hub/core/remote-write/write-request.ts";
import { createLog } from "../../../hub/io/log.ts";
import { RemoteWriteTarget } from "../../../hub/remote-write/config.ts";
import { Sender } from "../../../hub/remote-write/sender.ts";
import { until } from "../../support/until.ts";
import { HttpStore } from "./http-store.ts";

let store: HttpStore;
let folder: string;
let lines: string[];
let backlog: Backlog;
let count: number;
let turn: Turn;
let turnsAsked: number;
let read: (request: QueuedRequest) => Promise<Uint8Array>;
const senders: Sender[] = [];

beforeEach(async () => {
  store = await HttpStore.open();
  folder = mkdtempSync(join(tmpdir(), "tandem-sender-"));
  [lines, backlog, count, turn, turnsAsked] = [[], new Backlog(["store", "other"], 1), 0, "send", 0];
  read = ({ atMs }) => Promise.resolve(bodyOf(atMs));
});

afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.stop()));
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function started(target: Partial<RemoteWriteTarget> = {}): Sender {
  const queue = {
    next: (name: string) => backlog.next(name),
    read: (request: QueuedRequest) => read(request),
    pass: (name: string, request: QueuedRequest, sent: boolean) => backlog.pass(name, request, sent),
  };
  const sender = new Sender({
    target: RemoteWriteTarget.parse({ name: "store", url: store.url, ...target }),
    version: "1.2.3",
    queue: () => queue,
    turn: () => {
      turnsAsked++;
      return turn;
    },
    log: createLog("mainpc", (line) => lines.push(line)),
  });
  senders.push(sender);
  sender.start();
  return sender;
}

function bodyOf(atMs: number): Uint8Array {
  const request = new WriteRequest();
  request.add({ labels: encodeLabels([["__name__", "up"]]), value: 1, atMs });
  return compress(request.take());
}

function add(): void {
  const atMs = ++count;
  backlog.add({ segment: 1, start: atMs, end: atMs + 1, samples: 1, atMs, kind: "shared" });
  for (const sender of senders) sender.look();
}

const taken = (of = store) => of.taken.map(([series]) => series?.samples[0]?.atMs);
const staleBits = 0x7ff0000000000002n;
const bits = () => store.taken.map(([series]) => [series?.samples[0]?.atMs, series?.samples[0]?.bits]);
const said = (event: string) => lines.filter((line) => line.includes(`"${event}"`)).length;

it("sends what waits and what comes, one after another, with the headers of the protocol", async () => {
  add();
  const sender = started();
  await until("the first", () => taken().length === 1);
  add();
  add();
  await until("all three", () => sender.counts.samples === 3);
  expect(taken()).toEqual([1, 2, 3]);
  expect(store.asked[0]).toMatchObject({
    "content-encoding": "snappy",
    "content-type": "application/x-protobuf",
    "x-prometheus-remote-write-version": "0.1.0",
    "user-agent": "tandem/1.2.3",
  });
  expect(store.asked[0]).not.toHaveProperty("authorization");
  expect(sender.lagMs).toBe(0);
});

it("tries the same request again while the store is away, busy or knows nobody of us, and goes on in order", async () => {
  add();
  add();
  const sender = started();
  store.answer = { status: 503 };
  const { url, port } = store;
  await until("a failure", () => sender.counts.failed > 0);
  for (const status of [429, 401]) {
    store.answer = { status };
    await until(`an answer ${status}`, () => store.answered.includes(status), 60_000);
  }
  await store.close();
  const before = sender.counts.failed;
  await until("one that nobody answered", () => sender.counts.failed > before, 60_000);
  store = await HttpStore.open(port);
  expect(store.url).toBe(url);
  await until("both", () => sender.counts.samples === 2, 60_000);
  expect([taken(), sender.counts.dropped, said("remote_write.failing"), said("remote_write.well")]).toEqual([
    [1, 2],
    0,
    1,
    1,
  ]);
}, 120_000);

it("lets a request go that the store refuses, says so once with why, and sends the next one", async () => {
  store.answer = { status: 400, text: "out of\norder" };
  const sender = started();
  add();
  add();
  await until("both refused", () => sender.counts.dropped === 2);
  expect(sender.refusingForMs).toBeGreaterThan(0);
  expect([said("remote_write.refused"), said("remote_write.failing")]).toEqual([1, 0]);
  expect(lines.join()).toContain("it answered 400: out of order");
  store.answer = { status: 204 };
  add();
  await until("the next", () => sender.counts.samples === 1);
  expect([taken(), sender.refusingForMs, sender.counts.failed]).toEqual([[3], 0, 2]);
});

it("a store that never answers has failed after its deadline, and another one is sent everything meanwhile", async () => {
  store.isMute = true;
  const other = await HttpStore.open();
  const slow = started({ timeoutMs: 100 });
  const quick = started({ name: "other", url: other.url });
  for (let i = 0; i < 5; i++) add();
  await until("all five at the other", () => quick.counts.samples === 5);
  await until("a failure", () => slow.counts.failed > 0);
  expect([taken(other), slow.counts.samples, lines.join().includes("no answer within 100 ms")]).toEqual([
    [1, 2, 3, 4, 5],
    0,
    true,
  ]);
  expect(slow.lagMs).toBeGreaterThan(0);
  await quick.stop();
  await other.close();
});

it("shows a token or password that its file holds at each request, and repeats it nowhere", async () => {
  const file = join(folder, "secret");
  writeFileSync(file, "first-secret\n");
  const sender = started({ bearerFile: file });
  add();
  await until("the first", () => sender.counts.samples === 1);
  writeFileSync(file, "second-secret\n");
  store.answer = { status: 400, text: "who is second-secret?" };
  add();
  await until("the second", () => sender.counts.dropped === 1);
  expect(store.asked.map(({ authorization }) => authorization)).toEqual([
    "Bearer first-secret",
    "Bearer second-secret",
  ]);
  expect(lines.join()).toContain("who is …?");
  expect(lines.join()).not.toContain("second-secret");
  await sender.stop();
  senders.length = 0;
  store.answer = { status: 204 };
  const basic = started({ user: "tandem", passwordFile: file });
  add();
  await until("the third", () => basic.counts.samples === 1);
  expect(store.asked.at(-1)?.authorization).toBe(`Basic ${Buffer.from("tandem:second-secret").toString("base64")}`);
});

it.each<[string, string, (secret: string) => string]>([
  ["a token across the edge of what is shown", "s3cr3t-of-the-store", (secret) => `${"x".repeat(190)}${secret}`],
  ["a token with two spaces in it", "s3cr3t  of the store", (secret) => secret],
  ["a token in JSON", 's3cr3t-"of"-the-store', (secret) => JSON.stringify({ secret })],
  ["a token in a URL", "s3cr3t/of/the?store", (secret) => `/?token=${encodeURIComponent(secret)}`],
])("%s that a store repeats stands in no line of the log", async (_, secret, text) => {
  const file = join(folder, "secret");
  writeFileSync(file, secret);
  store.answer = { status: 400, text: text(secret) };
  const sender = started({ bearerFile: file });
  add();
  await until("a refusal", () => sender.counts.dropped === 1);
  expect(lines.join()).toContain("it answered 400");
  expect(lines.join()).not.toMatch(/s3cr|the.store/);
});

it("a header that a store repeats is shown without the user and password in it", async () => {
  const file = join(folder, "secret");
  writeFileSync(file, "s3cr3t");
  store.answer = { status: 400, text: ({ authorization }) => `not ${authorization}, which is tandem:s3cr3t` };
  const sender = started({ user: "tandem", passwordFile: file });
  add();
  await until("a refusal", () => sender.counts.dropped === 1);
  expect(lines.join()).toContain("it answered 400: not Basic …, which is tandem:…");
});

it("a secret that cannot be read is a failure that says which file, and no request goes without it", async () => {
  const sender = started({ bearerFile: join(folder, "none") });
  add();
  await until("a failure", () => sender.counts.failed > 0);
  expect([store.asked.length, lines.join().includes(`${join(folder, "none")} cannot be read: ENOENT`)]).toEqual([
    0,
    true,
  ]);
});

it("a request that cannot be read for a moment is read again, and none is dropped", async () => {
  const whole = read;
  read = () => {
    read = whole;
    return Promise.reject(new Error("EMFILE: too many open files"));
  };
  const sender = started();
  add();
  add();
  await until("both", () => sender.counts.samples === 2);
  expect([taken(), sender.counts.dropped, said("remote_write.failing"), said("remote_write.well")]).toEqual([
    [1, 2],
    0,
    1,
    1,
  ]);
  expect(lines.join()).toContain("the queue cannot be read: EMFILE");
});

it("a request that cannot be read 20 times in a row goes, and holds up nothing behind it", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    let reads = 0;
    const whole = read;
    read = (request) => {
      if (request.atMs !== 1) return whole(request);
      reads++;
      return Promise.reject(new Error("EIO: i/o error"));
    };
    const sender = started();
    add();
    while (sender.counts.dropped === 0) await vi.advanceTimersByTimeAsync(30_000);
    expect(reads).toBe(20);
    vi.useRealTimers();
    add();
    await until("the second", () => sender.counts.samples === 1);
    expect([taken(), sender.counts.dropped]).toEqual([[2], 1]);
  } finally {
    vi.useRealTimers();
  }
});

it("waits while it is the peer's turn, and leaves what the peer has sent, but ends once what was sent before", async () => {
  turn = "wait";
  const sender = started();
  add();
  add();
  // It has seen that it is to wait, and looks again by itself.
  const before = turnsAsked;
  await until("two looks", () => turnsAsked >= before + 2);
  expect([store.asked.length, backlog.next("store")?.atMs]).toEqual([0, 1]);
  turn = "leave";
  await until("both left", () => sender.lagMs === 0);
  expect(bits()).toEqual([[1, staleBits]]);
  turn = "send";
  add();
  await until("the third", () => taken().length === 2);
  turn = "leave";
  add();
  add();
  await until("all", () => sender.lagMs === 0);
  expect(bits().slice(1)).toEqual([
    [3, 0x3ff0000000000000n],
    [4, staleBits],
  ]);
});

it("a stop waits for no answer: a request under way is given up at once, is no failure, and waits for whoever goes on", async () => {
  store.isMute = true;
  const sender = started({ timeoutMs: 300_000 });
  add();
  await until("a request", () => store.asked.length === 1);
  const stopped = sender.stop();
  // Too late.
  store.speak();
  await stopped;
  expect([sender.counts, backlog.next("store")?.atMs]).toEqual([{ samples: 0, dropped: 0, failed: 0 }, 1]);
  expect(said("remote_write.failing")).toBe(0);
});

it("a Retry-After of an hour is heeded until it is stopped, which does not wait for it", async () => {
  store.answer = { status: 503, headers: { "retry-after": "3600" } };
  const sender = started();
  add();
  await until("a failure", () => sender.counts.failed > 0);
  add();
  // By its own waits of half a second at most it would have asked twice more.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(store.asked).toHaveLength(1);
  const sinceMs = performance.now();
  await sender.stop();
  expect(performance.now() - sinceMs).toBeLessThan(1_000);
  expect(store.asked).toHaveLength(1);
});
