/** Watches from the peer's hub for how long the pair is not in sync while the other machine is worked on. */
import { lookEitherWay } from "./look.ts";

const pollMs = 500;

/** @returns ends the watch, and resolves with the time without a second copy, ms; null when the hub never answered */
export function watchCopies(hubUrl: string, machine: string): () => Promise<number | null> {
  let isOver = false;
  let lastMs = performance.now();
  let singleMs = 0;
  let everAnswered = false;
  const watching = (async () => {
    while (!isOver) {
      const { fleet } = await lookEitherWay(hubUrl);
      everAnswered ||= fleet !== undefined;
      const both = fleet?.sync.state === "in-sync" && fleet.machines[machine]?.hub.verdict === "alive";
      const nowMs = performance.now();
      if (!both) singleMs += nowMs - lastMs;
      lastMs = nowMs;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return everAnswered ? Math.round(singleMs) : null;
  };
}
