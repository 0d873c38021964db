import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Count } from "../../../../hub/core/objectives/minute-ring.ts";
import { Asker } from "../../../../hub/io/outside/asker.ts";

let counts: Count[];
beforeEach(() => {
  vi.useFakeTimers();
  counts = [];
});
afterEach(() => vi.useRealTimers());

function start(ask: () => Promise<boolean>, longestMs = 2_000): Asker {
  const counted = (count: Count) => counts.push(count);
  return new Asker({ ask, longestMs, counted, clock: () => Date.now(), random: () => 0.5 });
}
const total = () => counts.reduce((sum, count) => sum + count.total, 0);
const lasting = (ms: number, good: boolean) => () =>
  new Promise<boolean>((resolve) => setTimeout(() => resolve(good), ms));

it("asks once a second", async () => {
  start(async () => true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(total()).toBe(60);
  expect(counts.every(({ bad }) => bad === 0)).toBe(true);
});

it("counts 60 bad seconds of a minute in which both addresses stay silent until their deadlines", async () => {
  start(lasting(2_000, false));
  await vi.advanceTimersByTimeAsync(60_600);
  expect([total(), counts.every(({ bad }) => bad === 2)]).toEqual([60, true]);
});

it("counts no standstill of its own process as an outage: 30 s are 2 at most", async () => {
  start(lasting(30_000, false));
  await vi.advanceTimersByTimeAsync(31_000);
  expect(counts).toEqual([{ total: 2, bad: 2 }]);
});

it("counts nothing any more once it was stopped, also of the question under way", async () => {
  const asker = start(lasting(100, true));
  await vi.advanceTimersByTimeAsync(550);
  const stopped = asker.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
  expect(counts).toEqual([]);
});
