/** How many notices a channel is told one by one: of a hub that says very much at once, one message tells of all that waits. */
import type { Notice } from "./notice.ts";

/** Of one hub's records, told one by one within the window: more than a pair's own troubles make, fewer than anybody reads at once. */
export const singlyMost = 20;
export const singlyWithinMs = 10 * 60_000;
/** From one message about many to the next, ms. */
export const togetherEveryMs = 60_000;

/** What one hub's notices have taken, so that none of the other's waits for them. */
interface Taken {
  /** Monotonic ms of each that was told by itself of late. */
  singlyAtMs: number[];
  togetherAtMs: number;
}

/** Mutable; one per channel. */
export class Pace {
  readonly #taken = new Map<string, Taken>();

  /** What one message tells of now; empty when all has to wait. @param waiting what is to be told first first */
  next(waiting: readonly Notice[], clockMs: number): readonly Notice[] {
    const left = new Set<string>();
    for (const notice of waiting) {
      const { origin } = notice;
      if (left.has(origin)) continue;
      left.add(origin);
      const { singlyAtMs, togetherAtMs } = this.#of(origin);
      if (singlyAtMs.filter((atMs) => clockMs - atMs < singlyWithinMs).length < singlyMost) return [notice];
      if (clockMs - togetherAtMs >= togetherEveryMs) return waiting.filter((each) => each.origin === origin);
    }
    return [];
  }

  /** They have arrived, in one message. */
  told(notices: readonly Notice[], clockMs: number): void {
    const [{ origin } = { origin: "" }] = notices;
    const taken = this.#of(origin);
    taken.singlyAtMs = taken.singlyAtMs.filter((atMs) => clockMs - atMs < singlyWithinMs);
    if (taken.singlyAtMs.length < singlyMost) taken.singlyAtMs.push(clockMs);
    else taken.togetherAtMs = clockMs;
  }

  #of(origin: string): Taken {
    let taken = this.#taken.get(origin);
    if (taken === undefined) {
      taken = { singlyAtMs: [], togetherAtMs: Number.NEGATIVE_INFINITY };
      this.#taken.set(origin, taken);
    }
    return taken;
  }
}
