/** Leaves a target alone for a moment after failures in a row, so that a dead one costs no deadline for each client. */
import { BrokenCircuitError, CircuitState, circuitBreaker, handleAll, type IBreaker } from "cockatiel";
import type { RouterLimits } from "../core/router/limits.ts";
import { monoMs } from "../io/mono-clock.ts";

export class TargetBreaker {
  readonly #failures: FailuresInARow;
  readonly #policy;
  #openUntilMs = 0;

  constructor({ breakerFailures, breakerOpenMs }: RouterLimits) {
    this.#failures = new FailuresInARow(breakerFailures);
    // Cockatiel times its pause by the wall clock, which may jump: the pause is timed here, and cockatiel's is none.
    this.#policy = circuitBreaker(handleAll, { breaker: this.#failures, halfOpenAfter: Number.NEGATIVE_INFINITY });
    this.#policy.onBreak(() => {
      this.#openUntilMs = monoMs() + breakerOpenMs;
    });
  }

  get isOpen(): boolean {
    return this.#policy.state === CircuitState.Open;
  }

  /**
   * After a pause one client tries, and the others are refused meanwhile. In cockatiel they would wait, and then try one after the
   * other for a deadline each.
   */
  async run<T>(connect: () => Promise<T>): Promise<T> {
    const { state } = this.#policy;
    const isPaused = state === CircuitState.Open && monoMs() < this.#openUntilMs;
    if (isPaused || state === CircuitState.HalfOpen) throw new BrokenCircuitError();
    return await this.#policy.execute(connect);
  }

  /** The target answered; to have taken a connection is not enough, since a process that crashes again and again does. */
  answered(): void {
    this.#failures.answered();
  }

  /** A connection that was taken broke before anything came. */
  failed(error: Error): void {
    if (this.#policy.state === CircuitState.Closed) this.#policy.execute(() => Promise.reject(error)).catch(() => {});
  }
}

class FailuresInARow implements IBreaker {
  state: unknown = 0;
  readonly #threshold: number;
  #count = 0;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  answered(): void {
    this.#count = 0;
  }

  success(): void {}

  failure(): boolean {
    return ++this.#count >= this.#threshold;
  }
}
