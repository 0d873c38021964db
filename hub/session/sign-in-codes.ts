/** One-time codes by which a browser signs in: each is good once and for minutes, and few wait at a time. */
import { createHash, timingSafeEqual } from "node:crypto";

export const codeLastsMs = 5 * 60_000;
export const maxCodes = 16;

interface Waiting {
  /** What is kept of it: who reads the hub's memory learns no code. */
  digest: Buffer;
  by: string;
  untilMs: number;
}

/** Mutable; one per hub. What waits is lost with the hub. */
export class SignInCodes {
  #waiting: Waiting[] = [];

  /** @returns until when it is good, wall ms; undefined when too many wait already */
  add(code: string, by: string, nowMs: number): number | undefined {
    this.#forget(nowMs);
    if (this.#waiting.length >= maxCodes) return undefined;
    const untilMs = nowMs + codeLastsMs;
    this.#waiting.push({ digest: digestOf(code), by, untilMs });
    return untilMs;
  }

  /** @returns who asked for it; undefined when it is wrong, was used, or is over */
  redeem(code: string, nowMs: number): string | undefined {
    this.#forget(nowMs);
    const digest = digestOf(code);
    // All are compared, each in the same time, so that how long it takes says nothing.
    const found = this.#waiting.filter((waiting) => timingSafeEqual(waiting.digest, digest))[0];
    this.#waiting = this.#waiting.filter((waiting) => waiting !== found);
    return found?.by;
  }

  clear(): void {
    this.#waiting = [];
  }

  #forget(nowMs: number): void {
    this.#waiting = this.#waiting.filter(({ untilMs }) => untilMs > nowMs);
  }
}

const digestOf = (code: string): Buffer => createHash("sha256").update(code).digest();
