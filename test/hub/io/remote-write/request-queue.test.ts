import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requestKinds } from "../../../../hub/core/remote-write/backlog.ts";
import { createLog } from "../../../../hub/io/log.ts";
import { RequestQueue } from "../../../../hub/io/remote-write/request-queue.ts";

const mib = 1024 ** 2;
let path: string;
let dropped: string[];
let lines: string[];
const opened: RequestQueue[] = [];

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "tandem-requests-"));
  [dropped, lines] = [[], []];
});

afterEach(async () => {
  for (const queue of opened.splice(0)) await queue.close();
  rmSync(path, { recursive: true, force: true });
});

async function open(maxBytes = 16 * mib): Promise<RequestQueue> {
  const queue = new RequestQueue({
    path,
    maxBytes,
    everyMs: 1,
    targets: ["near", "far"],
    onDropped: (target, samples) => dropped.push(`${target} ${samples}`),
    log: createLog("mainpc", (line) => lines.push(line)),
  });
  await queue.open();
  opened.push(queue);
  return queue;
}

const kindOf = (atMs: number) => requestKinds[atMs % 3] ?? "own";
const request = (atMs: number, bytes = 10) => ({
  samples: 1,
  atMs,
  kind: kindOf(atMs),
  body: new Uint8Array(bytes).fill(atMs % 256),
});

/** Instants that a target gets, in their order, each with its whole body. */
async function drained(queue: RequestQueue, target: string): Promise<number[]> {
  const got: number[] = [];
  for (let next = queue.next(target); next !== undefined; next = queue.next(target)) {
    const body = await queue.read(next);
    expect([body?.[0], body?.at(-1)]).toEqual([next.atMs % 256, next.atMs % 256]);
    expect(next.kind).toBe(kindOf(next.atMs));
    got.push(next.atMs);
    queue.pass(target, next, true);
  }
  return got;
}

const files = () => readdirSync(path).filter((name) => name.endsWith(".frames"));

it("gives each target all, in their order, and over a stop what it had not; files that all have go", async () => {
  const first = await open();
  await first.append([request(1), request(2)]);
  await first.append([request(3)]);
  expect(await drained(first, "near")).toEqual([1, 2, 3]);
  await first.close();
  const second = await open();
  await second.append([request(4)]);
  expect(await drained(second, "near")).toEqual([4]);
  expect(await drained(second, "far")).toEqual([1, 2, 3, 4]);
  await second.close();
  const third = await open();
  expect([third.next("near"), third.next("far")]).toEqual([undefined, undefined]);
  await third.append([request(5)]);
  await third.close();
  // Nothing is left of what the first two have written, and what comes behind it is not taken for it.
  expect(files()).toHaveLength(1);
  const fourth = await open();
  expect([await drained(fourth, "near"), await drained(fourth, "far")]).toEqual([[5], [5]]);
});

it("without the positions, which are written from time to time, all is given again", async () => {
  const first = await open();
  await first.append([request(1), request(2)]);
  await drained(first, "near");
  await first.close();
  writeFileSync(join(path, "positions.json"), "{");
  expect(await drained(await open(), "near")).toEqual([1, 2]);
  expect(lines.join()).toContain("remote_write.positions_unread");
});

it("a torn end is cut off, and what was whole before it is given", async () => {
  const first = await open();
  await first.append([request(1), request(2)]);
  await first.close();
  const [name = ""] = files();
  const whole = readFileSync(join(path, name));
  appendFileSync(join(path, name), whole.subarray(0, whole.length - 3));
  const second = await open();
  expect(await drained(second, "near")).toEqual([1, 2, 1]);
  expect(lines.join()).toContain("remote_write.torn_tail_cut");
  await second.append([request(3)]);
  expect(await drained(second, "near")).toEqual([3]);
});

it("a request that the disk gives back changed is none, and those around it are given", async () => {
  const queue = await open();
  await queue.append([request(1), request(2), request(3)]);
  const [name = ""] = files();
  const bytes = readFileSync(join(path, name));
  bytes[bytes.length / 2] = (bytes[bytes.length / 2] ?? 0) ^ 1;
  writeFileSync(join(path, name), bytes);
  const read: (number | undefined)[] = [];
  for (let next = queue.next("near"); next !== undefined; next = queue.next("near")) {
    read.push((await queue.read(next))?.[0]);
    queue.pass("near", next, false);
  }
  expect(read).toEqual([1, undefined, 3]);
  await queue.close();
  // Of a file that is read anew the damaged stretch is passed over.
  expect(lines.join()).not.toContain("remote_write.damaged");
  rmSync(join(path, "positions.json"));
  expect(await drained(await open(), "near")).toEqual([1, 3]);
  expect(lines.join()).toContain("remote_write.damaged");
});

it("a request whose file is gone is none, and one that the disk does not give now is an error", async () => {
  const queue = await open();
  await queue.append([request(1)]);
  const next = queue.next("near") ?? expect.unreachable();
  const [name = ""] = files();
  rmSync(join(path, name));
  expect(await queue.read(next)).toBeUndefined();
  // Whatever lies there can be opened, and not be read.
  mkdirSync(join(path, name));
  await expect(queue.read(next)).rejects.toThrow("EISDIR");
});

it("beyond its bound the oldest file goes, what each target had not got of it is counted, and the rest is given in order", async () => {
  const queue = await open(4 * mib);
  for (let atMs = 1; atMs <= 20; atMs++) {
    await queue.append([request(atMs, 0.3 * mib)]);
    expect(queue.bytes).toBeLessThanOrEqual(4 * mib);
    if (atMs === 6) await drained(queue, "near");
  }
  const near = await drained(queue, "near");
  const far = await drained(queue, "far");
  expect([near.at(-1), far.at(-1), far.length]).toEqual([20, 20, near.length]);
  expect(far).toEqual(Array.from({ length: far.length }, (_, i) => 21 - far.length + i));
  const lost = (target: string) => dropped.filter((line) => line.startsWith(target)).length;
  expect([lost("near"), lost("far")]).toEqual([20 - 6 - near.length, 20 - far.length]);
});

it("a sampling that is larger than all of the queue is refused, and nothing goes for it", async () => {
  const queue = await open(4 * mib);
  await queue.append([request(1)]);
  await expect(queue.append([request(2, 5 * mib)])).rejects.toThrow("the queue 4194304");
  expect(await drained(queue, "near")).toEqual([1]);
});

it("a disk that takes nothing refuses the sampling, and the next one is taken when it does again", async () => {
  const queue = await open();
  await queue.append([request(1)]);
  await queue.close();
  // No file can be made where there is no directory.
  rmSync(path, { recursive: true });
  await expect(queue.append([request(2)])).rejects.toThrow("ENOENT");
  const again = await open();
  await again.append([request(3)]);
  expect(await drained(again, "near")).toEqual([3]);
});
