import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Notice } from "../../../hub/core/notify/notice.ts";
import { createLog } from "../../../hub/io/log.ts";
import { Channel } from "../../../hub/notify/channel.ts";
import { ChannelConfig } from "../../../hub/notify/config.ts";

const notice = (id: string): Notice => ({
  id,
  kind: "raised",
  name: "nats-lost",
  subject: id,
  severity: "urgent",
  message: "",
  origin: "mainpc",
  sinceMs: 0,
  atMs: 0,
  dueMs: 0,
});

let open: Notice[];
let attempts: string[];
/** Subjects that the other side refuses; `hang`: it never answers; else it answers then. */
let refused: Set<string> | "hang" | Promise<void>;
let channel: Channel;
beforeEach(() => {
  vi.useFakeTimers();
  [open, attempts, refused] = [[], [], new Set()];
  channel = new Channel({
    config: ChannelConfig.parse({ kind: "webhook", name: "hook", url: "http://127.0.0.1/" }),
    teller: { machine: "mainpc", page: "" },
    candidates: () => open,
    queued: () => open.length,
    onTold: (ids) => (open = open.filter(({ id }) => !ids.includes(id))),
    log: createLog("test", () => {}),
    clock: () => Date.now(),
    send: async (_, { subject }, signal) => {
      attempts.push(`${subject} at ${Date.now() - startMs}`);
      if (refused === "hang")
        return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("cut"))));
      if (refused instanceof Promise) return await refused;
      if (refused.has(subject)) throw new Error("no");
    },
  });
});
afterEach(() => vi.useRealTimers());

let startMs: number;

/** As the notifier looks. */
async function pass(ms: number): Promise<void> {
  for (const untilMs = Date.now() + ms; Date.now() < untilMs; ) {
    channel.look();
    await vi.advanceTimersByTimeAsync(500);
  }
}

it("a channel that refuses is tried again after 2, 4, 8 … 60 s, and says since when it fails", async () => {
  startMs = Date.now();
  open = [notice("a")];
  refused = new Set(["a"]);
  await pass(240_000);
  expect(attempts.map((each) => Number(each.split(" ").at(-1)) / 1_000)).toEqual([0, 2, 6, 14, 30, 62, 122, 182]);
  expect(channel.failingForMs).toBe(240_000);
  expect(channel.view()).toMatchObject({ queued: 1, delivered: 0, lastDeliveredAt: null, error: "no" });
  refused.clear();
  await pass(3_000);
  expect(channel.failingForMs).toBe(0);
  expect(channel.view()).toMatchObject({ queued: 0, delivered: 1, error: null });
});

it("a notice that the other side refuses holds no other up", async () => {
  startMs = Date.now();
  open = [notice("bad"), notice("good"), notice("better")];
  refused = new Set(["bad"]);
  await pass(10_000);
  expect(attempts).toEqual(["bad at 0", "good at 2000", "better at 2000", "bad at 2000", "bad at 4000", "bad at 8000"]);
  expect(open.map(({ id }) => id)).toEqual(["bad"]);
});

it("an attempt without an answer is given up after 8 s, and one at a time is under way", async () => {
  startMs = Date.now();
  open = [notice("a"), notice("b")];
  refused = "hang";
  await pass(7_500);
  expect(attempts).toEqual(["a at 0"]);
  await pass(3_000);
  expect(attempts).toEqual(["a at 0", "b at 10000"]);
});

it("a stop lets what is under way arrive, and begins nothing behind it: whoever goes on tells that", async () => {
  startMs = Date.now();
  open = [notice("a"), notice("b")];
  let arrive = () => {};
  refused = new Promise((resolve) => (arrive = resolve));
  channel.look();
  const stopped = channel.stop();
  arrive();
  await stopped;
  await pass(60_000);
  expect([attempts, open.map(({ id }) => id)]).toEqual([["a at 0"], ["b"]]);
});

it("a stop cuts after 2 s what does not arrive", async () => {
  vi.useRealTimers();
  startMs = Date.now();
  open = [notice("a"), notice("b")];
  refused = "hang";
  channel.look();
  await channel.stop();
  const stopMs = Date.now() - startMs;
  expect(stopMs).toBeGreaterThan(1_900);
  // An attempt itself is given up after 8 s.
  expect(stopMs).toBeLessThan(7_000);
  vi.useFakeTimers();
  await pass(60_000);
  expect([attempts.length, open.length]).toEqual([1, 2]);
});

it("a channel fails while something waits for it: neither a test that failed nor what the peer has told meanwhile counts", async () => {
  startMs = Date.now();
  expect(channel.failingForMs).toBeUndefined();
  refused = new Set(["mainpc", "a", "b"]);
  expect(await channel.test("urgent")).toBe("no");
  expect(channel.failingForMs).toBeUndefined();
  open = [notice("a")];
  await pass(20_000);
  expect(channel.failingForMs).toBeGreaterThan(10_000);
  open = [];
  expect(channel.failingForMs).toBe(0);
  open = [notice("b")];
  await pass(60_000);
  expect(channel.failingForMs).toBeLessThanOrEqual(60_000);
});

it("of 300 notices at once 20 are told one by one and the others in one message, whose failure costs nothing", async () => {
  startMs = Date.now();
  open = Array.from({ length: 300 }, (_, i) => notice(`n${i}`));
  refused = new Set(["mainpc"]);
  await pass(30_000);
  expect([attempts.slice(0, 20).map((each) => each.split(" ")[0]), open.length]).toEqual([
    Array.from({ length: 20 }, (_, i) => `n${i}`),
    280,
  ]);
  expect(attempts.slice(20).every((each) => each.startsWith("mainpc at"))).toBe(true);
  refused.clear();
  await pass(60_000);
  expect([open.length, channel.view().delivered]).toEqual([0, 21]);
});
