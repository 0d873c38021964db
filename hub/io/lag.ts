/** Measures how long this process's event loop stood still lately. */
import { monitorEventLoopDelay } from "node:perf_hooks";

const resolutionMs = 20;
const windowMs = 5_000;

/** Longest stall of the last five to ten seconds, ms, and a way to end the measuring. */
export function measureLag(): { longestMs(): number; stop(): void } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let previousMs = 0;
  const currentMs = () => Math.max(0, histogram.max / 1e6 - resolutionMs);
  const timer = setInterval(() => {
    previousMs = currentMs();
    histogram.reset();
  }, windowMs);
  return {
    longestMs: () => Math.max(previousMs, currentMs()),
    stop: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
