import { expect, it } from "vitest";
import { startDeadline } from "../../../../hub/io/probe/deadline.ts";

/** A clock that jumps by `stallMs` after its first reading, as a process that stood still sees it. */
function stalledClock(stallMs: number): () => number {
  let readings = 0;
  return () => {
    readings += 1;
    return performance.now() + (readings > 1 ? stallMs : 0);
  };
}

it("a deadline that a stall of 5 s delayed gives its 60 ms once more, so that waiting answers are read", async () => {
  const startedMs = performance.now();
  await startDeadline(60, stalledClock(5_000)).expired;
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(118);
});

it("a deadline that is cleared never expires", async () => {
  let expired = false;
  const deadline = startDeadline(10, () => performance.now());
  void deadline.expired.then(() => {
    expired = true;
  });
  deadline.clear();
  await startDeadline(40, () => performance.now()).expired;
  expect(expired).toBe(false);
});
