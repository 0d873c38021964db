/** How long this machine has slept since its start: time that its monotonic clock leaves out, and that a lease does not. */
import { uptime } from "node:os";
import { monoMs } from "./mono-clock.ts";

/** So long, by the time of day, what was looked up is believed: no sleep leaves that as it was. */
const believedMs = 5;

let lookedAtMs = Number.NEGATIVE_INFINITY;
let mostMs = Number.NEGATIVE_INFINITY;

/** Ms, of use beside another answer only; a sleep shows within 10 ms. Cheap enough to be asked for each part of what is carried. */
export function asleepMs(): number {
  const atMs = Date.now();
  if (Math.abs(atMs - lookedAtMs) < believedMs) return mostMs;
  lookedAtMs = atMs;
  // In this order a pause between the two hides no sleep. The system counts in steps, so what it says goes up and down.
  mostMs = Math.max(mostMs, uptime() * 1_000 - monoMs());
  return mostMs;
}
