import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Rounds } from "../../../ops/local/agents/rounds.ts";

/** Notes when each round began; a round takes `takesMs`. */
function noted(takesMs: number, intervalMs = 100) {
  const startedMs = performance.now();
  const begun: number[] = [];
  const rounds = new Rounds(
    async () => {
      begun.push(performance.now() - startedMs);
      await new Promise((resolve) => setTimeout(resolve, takesMs));
    },
    () => intervalMs,
  );
  return { rounds, begun };
}

describe("rounds", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("begin an interval apart however long each takes, and never two at once", async () => {
    const { rounds, begun } = noted(30);
    rounds.start(20);
    await vi.advanceTimersByTimeAsync(350);
    expect(begun).toEqual([20, 120, 220, 320]);
    const slow = noted(250);
    slow.rounds.start(0);
    await vi.advanceTimersByTimeAsync(700);
    // A timer takes 1 ms at least.
    expect(slow.begun).toEqual([0, 251, 502]);
  });

  it("begin at once when they are wanted soon, or when the one that runs has ended", async () => {
    const { rounds, begun } = noted(30);
    rounds.start(0);
    await vi.advanceTimersByTimeAsync(50);
    rounds.soon();
    await vi.advanceTimersByTimeAsync(10);
    rounds.soon();
    await vi.advanceTimersByTimeAsync(100);
    expect(begun).toEqual([0, 50, 81]);
  });

  it("end with the one that runs", async () => {
    const { rounds, begun } = noted(30);
    rounds.start(0);
    await vi.advanceTimersByTimeAsync(10);
    let ended = false;
    void rounds.stop().then(() => {
      ended = true;
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(ended).toBe(false);
    rounds.soon();
    await vi.advanceTimersByTimeAsync(500);
    expect([ended, begun]).toEqual([true, [0]]);
  });
});
