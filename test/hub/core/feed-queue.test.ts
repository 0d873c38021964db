import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FeedQueue, feedGapMs } from "../../../hub/core/feed-queue.ts";

const nobody = new Set<string>();

describe("groups that are to be fed", () => {
  it("go at once when they were not fed lately, in the order in which they came", () => {
    const queue = new FeedQueue();
    for (const key of ["b", "a", "b"]) queue.add(key);
    expect([queue.take(nobody), queue.take(nobody), queue.take(nobody)]).toEqual(["b", "a", undefined]);
  });

  it("wait for the rest of the gap when they were, and are then fed once", () => {
    const queue = new FeedQueue();
    queue.fed("a", 100);
    for (let i = 0; i < 50; i++) queue.add("a");
    expect(queue.take(nobody)).toBeUndefined();
    expect(queue.tick(500)).toBe(100 + feedGapMs);
    expect(queue.take(nobody)).toBeUndefined();
    expect(queue.tick(100 + feedGapMs)).toBeUndefined();
    expect([queue.take(nobody), queue.size]).toEqual(["a", 0]);
  });

  it("do not go while they are being fed", () => {
    const queue = new FeedQueue();
    queue.add("a");
    queue.add("b");
    expect(queue.take(new Set(["a"]))).toBe("b");
    expect(queue.take(new Set(["a"]))).toBeUndefined();
    expect(queue.take(nobody)).toBe("a");
  });

  it("go at once when somebody is in a hurry", () => {
    const queue = new FeedQueue();
    queue.fed("a", 100);
    queue.add("a");
    queue.hurry("a");
    queue.add("a");
    expect([queue.take(nobody), queue.takeUrgent(nobody), queue.takeUrgent(nobody)]).toEqual([
      undefined,
      "a",
      undefined,
    ]);
    expect(queue.size).toBe(0);
  });

  it("do not go any more once the Pushgateway holds what they should be, until they change again", () => {
    const queue = new FeedQueue();
    queue.add("a");
    queue.fed("b", 100);
    queue.add("b");
    queue.drop("a");
    queue.drop("b");
    expect([queue.take(nobody), queue.size, queue.tick(200)]).toEqual([undefined, 0, undefined]);
    queue.add("a");
    expect(queue.take(nobody)).toBe("a");
  });

  it("are never forgotten and never fed more often than the gap allows", () => {
    const steps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 0, max: 700 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (changes) => {
        const queue = new FeedQueue();
        const fed = new Map<string, number[]>();
        const lastChange = new Map<string, number>();
        let nowMs = 0;
        const feed = () => {
          queue.tick(nowMs);
          for (let key = queue.take(nobody); key !== undefined; key = queue.take(nobody)) {
            queue.fed(key, nowMs);
            fed.set(key, [...(fed.get(key) ?? []), nowMs]);
          }
        };
        for (const [key, stepMs] of changes) {
          nowMs += stepMs;
          queue.add(key);
          lastChange.set(key, nowMs);
          feed();
        }
        nowMs += feedGapMs;
        feed();
        for (const [key, atMs] of lastChange) expect(fed.get(key)?.at(-1)).toBeGreaterThanOrEqual(atMs);
        for (const times of fed.values()) {
          for (const [i, atMs] of times.entries())
            if (i > 0) expect(atMs - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(feedGapMs);
        }
        expect(queue.size).toBe(0);
      }),
    );
  });
});
