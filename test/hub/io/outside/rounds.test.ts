import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Count } from "../../../../hub/core/objectives/minute-ring.ts";
import { Rounds } from "../../../../hub/io/outside/rounds.ts";

let counts: Count[];
beforeEach(() => {
  vi.useFakeTimers();
  counts = [];
});
afterEach(() => vi.useRealTimers());

const counted = (count: Count) => counts.push(count);
const start = (ask: () => Promise<boolean>) => new Rounds([{ ask, counted }], () => 0.5);
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
  start(lasting(1_990, false));
  await vi.advanceTimersByTimeAsync(60_600);
  expect([total(), counts.every(({ bad }) => bad === 2)]).toEqual([60, true]);
});

it("asks each by itself: one that is silent keeps none of the others waiting", async () => {
  const silent: Count[] = [];
  const asked = [
    { ask: lasting(1_990, false), counted: (count: Count) => silent.push(count) },
    { ask: async () => true, counted },
  ];
  new Rounds(asked, () => 0.5);
  await vi.advanceTimersByTimeAsync(10_600);
  expect([counts.length, silent.length]).toEqual([11, 5]);
});

it("counts no standstill of its own process as an outage: a question that lasted 30 s of it is one second", async () => {
  let answer: (good: boolean) => void = () => {};
  start(() => new Promise((resolve) => (answer = resolve)));
  await vi.advanceTimersByTimeAsync(600);
  vi.setSystemTime(Date.now() + 30_000);
  answer(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(counts).toEqual([{ total: 1, bad: 1 }]);
});

it("counts nothing any more once it was stopped, also of the question under way", async () => {
  const rounds = start(lasting(100, true));
  await vi.advanceTimersByTimeAsync(550);
  const stopped = rounds.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
  expect(counts).toEqual([]);
});
