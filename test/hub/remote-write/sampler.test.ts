import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { Sampler } from "../../../hub/remote-write/sampler.ts";

const everyMs = 15_000;
const noonMs = Date.UTC(2026, 0, 1, 12);
let sampler: Sampler;
let lines: string[];
let instants: number[];
let fleet: string;
let isFull: boolean;

beforeEach(() => {
  // What it yields to stays real.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: noonMs - 1 });
  [lines, instants] = [[], []];
  [fleet, isFull] = ["", false];
  sampler = new Sampler({
    everyMs,
    target: {},
    texts: { own: () => Promise.resolve(""), fleet: () => fleet },
    isShared: () => true,
    append: ([first]) => {
      if (isFull) return Promise.reject(new Error("no space left"));
      instants.push(first?.atMs ?? Number.NaN);
      return Promise.resolve();
    },
    onAppended: () => {},
    log: createLog("mainpc", (line) => lines.push(line)),
  });
  sampler.start();
});

afterEach(async () => {
  await sampler.stop();
  vi.useRealTimers();
});

/** The next sampling, until it has planned the one behind it. */
async function tick(): Promise<void> {
  vi.advanceTimersToNextTimer();
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
}

const told = () => lines.filter((line) => line.includes(`"remote_write.clock_set_back"`)).length;

it("a clock that is set back by five minutes has each sampling counted as skipped until it is there again, and is told once", async () => {
  await tick();
  await tick();
  expect([instants, sampler.skipped]).toEqual([[noonMs, noonMs + everyMs], 0]);
  // The next timer sees an interval more.
  const setBack = 300_000;
  vi.setSystemTime(noonMs + everyMs - setBack);
  for (let i = 0; i < setBack / everyMs - 1; i++) await tick();
  expect([instants.length, sampler.skipped, told()]).toEqual([2, setBack / everyMs - 1, 1]);
  // The instant that it has already.
  await tick();
  await tick();
  expect([instants.at(-1), sampler.skipped, told()]).toEqual([noonMs + 2 * everyMs, setBack / everyMs - 1, 1]);
  // Another time is told again.
  vi.setSystemTime(noonMs);
  await tick();
  expect([sampler.skipped, told()]).toEqual([setBack / everyMs, 2]);
});

it("a clock that is set back by ten minutes or more is followed", async () => {
  await tick();
  vi.setSystemTime(noonMs - 600_000 - everyMs);
  await tick();
  expect([instants, sampler.skipped, told()]).toEqual([[noonMs, noonMs - 600_000], 0, 0]);
});

it("while the disk is full, and before the first sampling, it says for how long nothing was kept", async () => {
  expect(sampler.unkeptForMs).toBeGreaterThan(0);
  for (const full of [false, true, true, false]) {
    isFull = full;
    await tick();
    expect(sampler.unkeptForMs === 0).toBe(!full);
  }
});

it("series that come and go while the disk is full for 100 samplings are told of for five minutes, and no longer", async () => {
  isFull = true;
  for (let i = 0; i < 100; i++) {
    fleet = `of_round_${i} 1\n`;
    await tick();
  }
  const fiveMinutes = 300_000 / everyMs;
  // With up, and the one that came.
  expect([sampler.skipped, sampler.cost.samples]).toEqual([100, 2 + fiveMinutes + 1]);
  isFull = false;
  await tick();
  await tick();
  expect(sampler.cost.samples).toBe(2);
});
