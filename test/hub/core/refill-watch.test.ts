import { expect, it } from "vitest";
import { RefillWatch } from "../../../hub/core/refill-watch.ts";

const even = { pending: 0, missing: 0 };
const behind = { pending: 3, missing: 0 };

it("a pair is refilled once nothing was pending and missing, and stays so while records are under way", () => {
  const watch = new RefillWatch();
  expect(watch.judge(true, [even, even])).toBe(false);
  watch.heard(false);
  expect(watch.judge(true, [even, behind])).toBe(false);
  expect(watch.judge(true, [even, { pending: 0, missing: 1 }])).toBe(false);
  expect(watch.judge(true, [even, even])).toBe(true);
  expect(watch.judge(true, [even, behind])).toBe(true);
});

it("a pair that parted must hear each other and be even again", () => {
  const watch = new RefillWatch();
  watch.heard(false);
  expect(watch.judge(true, [even])).toBe(true);
  expect(watch.judge(false, [even])).toBe(false);
  expect(watch.judge(true, [even])).toBe(false);
  watch.heard(false);
  expect(watch.judge(true, [even])).toBe(true);
});

it("a peer that holds less than it did is to be refilled, though the pair is in sync", () => {
  const watch = new RefillWatch();
  watch.heard(false);
  expect(watch.judge(true, [even])).toBe(true);
  watch.heard(true);
  expect(watch.judge(true, [behind])).toBe(false);
  expect(watch.judge(true, [even])).toBe(true);
});
