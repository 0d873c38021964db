import { expect, it } from "vitest";
import { pauseAfterFailureMs } from "../../../hub/io/snapshotter.ts";

it("a snapshot that cannot be written is tried again after 5 s, then after twice as long each time up to 5 min", () => {
  const pauses = [1, 2, 3, 6, 7, 1_000].map((failures) => pauseAfterFailureMs(failures, 10));
  expect(pauses).toEqual([5_000, 10_000, 20_000, 160_000, 300_000, 300_000]);
});

it("a write that failed after 20 s is tried again after 200 s, so that failing ones take a tenth of the time at most", () => {
  expect([pauseAfterFailureMs(1, 20_000), pauseAfterFailureMs(9, 20_000)]).toEqual([200_000, 300_000]);
});
