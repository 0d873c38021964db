import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Reader } from "../../../hub/page/reader.ts";
import { heard, isOvertaken, startState } from "../../../hub/page/state.ts";
import { fleetView, ledgerView } from "./fixture.ts";
import { alertsView, sectionsView } from "./sections-fixture.ts";

/** Of the requests for alerts: when each began, and how to answer it. */
let asked: { atMs: number; url: string; answer(status?: number): void }[];
let hub: string;
let told: number[];
let reader: Reader;

beforeEach(async () => {
  vi.useFakeTimers();
  [asked, told, hub] = [[], [], "http://mainpc"];
  vi.stubGlobal("fetch", (url: string) => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const answer = (status = 200) => resolve(new Response(JSON.stringify(alertsView()), { status }));
    asked.push({ atMs: performance.now(), url, answer });
    return promise;
  });
  reader = new Reader({
    hub: () => hub,
    wanted: (name) => name === "alerts",
    onTold: (_, __, askedAtMs) => told.push(askedAtMs),
    onRefused: () => {},
  });
  await vi.advanceTimersByTimeAsync(250);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const storm = () => Array.from({ length: 300 }).forEach(() => void reader.soon("alerts"));

it("300 that ask while it is read have it read once more after it ended, at the earliest 1 s after it began", async () => {
  storm();
  await wait(2_000);
  expect(asked).toHaveLength(1);
  asked[0]?.answer();
  await wait(250);
  expect(asked).toHaveLength(2);
  asked[1]?.answer();
  await wait(4_900);
  expect(asked).toHaveLength(2);
});

it("a storm of 10 s at a hub that answers at once is one read a second", async () => {
  for (let i = 0; i < 40; i++) {
    asked.at(-1)?.answer();
    storm();
    await wait(250);
  }
  expect(asked.length).toBeLessThanOrEqual(11);
  expect(told.length).toBeGreaterThanOrEqual(9);
});

it("what is asked while a hub refuses does not wait for the 5 min of a hub that knows no such thing", async () => {
  reader.soon("alerts");
  asked[0]?.answer(404);
  await wait(1_000);
  expect(asked).toHaveLength(2);
  asked[1]?.answer(404);
  await wait(60_000);
  expect(asked).toHaveLength(2);
});

it("another hub is asked at once, and what the last one answers still is not told", async () => {
  hub = "http://pc2";
  await wait(250);
  expect(asked.map(({ url }) => new URL(url).host)).toEqual(["mainpc", "pc2"]);
  asked[0]?.answer();
  await wait(0);
  expect(told).toEqual([]);
  asked[1]?.answer();
  await wait(0);
  expect(told).toEqual([asked[1]?.atMs]);
});

it("an answer that was asked for at 1 500 ms is overtaken by an event of 2 000 ms, one asked for at 2 500 ms is not", () => {
  const served = startState(fleetView(), ledgerView(), 1_000, sectionsView());
  const state = heard(served, { type: "alerts", alerts: [] }, 2_000);
  expect([1_500, 2_500].map((askedAtMs) => isOvertaken(state, "alerts", askedAtMs))).toEqual([true, false]);
  expect(isOvertaken(state, "graph", 1_500)).toBe(false);
});
