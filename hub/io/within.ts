/** Waits for work that may take too long for whoever waits; what it does goes on all the same. */
import { setTimeout } from "node:timers/promises";

/** Rejects as the work does. @returns false when it was not done after so long, ms */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = setTimeout(ms, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    timer.abort();
  }
}
