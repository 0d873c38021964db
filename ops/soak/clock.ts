/** The time of one start: the wall clock names its moments once, and no correction of that moves them afterwards. */
import { uptime } from "node:os";
import { monoMs } from "../../hub/io/mono-clock.ts";

export interface Clocks {
  wallMs(): number;
  monoMs(): number;
  /** Goes on while the computer sleeps, which the monotonic clock need not. */
  uptimeMs(): number;
}

/** What happened to this computer's clocks. */
export type Jump = { kind: "slept"; ms: number } | { kind: "set"; ms: number };

/** Some systems count their uptime in whole seconds. */
const leastJumpMs = 2_000;

const ofThisComputer: Clocks = { wallMs: () => Date.now(), monoMs, uptimeMs: () => 1_000 * uptime() };

export class Clock {
  readonly #clocks: Clocks;
  #wallLessMonoMs: number;
  #uptimeLessMonoMs: number;
  /** By how much the wall clock was set since the start. */
  #setMs = 0;

  constructor(clocks: Clocks = ofThisComputer) {
    this.#clocks = clocks;
    const atMs = clocks.monoMs();
    this.#wallLessMonoMs = clocks.wallMs() - atMs;
    this.#uptimeLessMonoMs = clocks.uptimeMs() - atMs;
  }

  nowMs(): number {
    return this.at(this.#clocks.monoMs());
  }

  /** @param atMs by the monotonic clock */
  at(atMs: number): number {
    return Math.round(atMs + this.#wallLessMonoMs);
  }

  /** Since the last call; undefined when nothing happened. Time that was slept through has passed. */
  jump(): Jump | undefined {
    const nowMs = this.#clocks.monoMs();
    const sleptMs = Math.round(this.#clocks.uptimeMs() - nowMs - this.#uptimeLessMonoMs);
    if (sleptMs >= leastJumpMs) {
      this.#uptimeLessMonoMs += sleptMs;
      this.#wallLessMonoMs += sleptMs;
      return { kind: "slept", ms: sleptMs };
    }
    const setMs = Math.round(this.#clocks.wallMs() - this.at(nowMs) - this.#setMs);
    if (Math.abs(setMs) < leastJumpMs) return undefined;
    this.#setMs += setMs;
    return { kind: "set", ms: setMs };
  }
}
