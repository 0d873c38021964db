/** One stay of a service at a target: connections to it, and how they end once the service has left. */
import { connect, type Socket } from "node:net";
import type { RouterLimits } from "../core/router/limits.ts";
import { isIdempotent } from "../core/router/retry.ts";
import type { FailureKind, RouteTarget } from "../core/router/word.ts";
import { asleepMs } from "../io/asleep.ts";
import { messageOf } from "../io/log.ts";
import { monoMs } from "../io/mono-clock.ts";
import { TargetBreaker } from "./breaker.ts";
import { TargetAgent } from "./target-agent.ts";

/** Whoever uses a place: a request, or a connection that is carried byte by byte. */
export interface Use {
  /** The service has left; what is under way may end by itself, within `drainMs`. */
  leave(): void;
  /** It must end now. */
  cut(): void;
}

/** No byte reached the target: another try, there or elsewhere, does no harm. */
export class Unreached extends Error {
  override readonly name = "Unreached";
}

export interface PlaceOptions {
  to: RouteTarget;
  limits: RouterLimits;
  onFailure(why: FailureKind): void;
  /** Its lease is over. */
  onExpired(): void;
  /** It was left, and nobody uses it any more. */
  onDrained(): void;
  /** How long the machine has slept, ms: a lease runs on in its sleep, the monotonic clock does not. @default as the system says */
  asleepMs?: () => number;
}

const keepAliveProbesAfterMs = 15_000;
/** So late, once the machine is awake, a lease that ended in its sleep is seen to have ended where nobody asks for it. */
const sleepSeenMs = 250;
/** How a socket is opened towards a target that must not wait for the other half of a closed connection. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveProbesAfterMs };

export class Place {
  readonly to: RouteTarget;
  readonly #options: PlaceOptions;
  readonly #breaker: TargetBreaker;
  readonly #pooled: TargetAgent;
  readonly #single: TargetAgent;
  readonly #uses = new Set<Use>();
  readonly #asleepMs: () => number;
  #untilMs: number | null = null;
  /** When the lease was told. */
  #asleepAtMs = 0;
  #lease: NodeJS.Timeout | undefined;
  #drain: NodeJS.Timeout | undefined;
  #left = false;
  #downSinceMs: number | undefined;
  #lastFailureMs = 0;

  constructor(options: PlaceOptions) {
    this.to = options.to;
    this.#options = options;
    this.#asleepMs = options.asleepMs ?? asleepMs;
    const { poolIdleMs, maxPooled } = options.limits;
    this.#breaker = new TargetBreaker(options.limits);
    const agent = (keep: number) =>
      new TargetAgent({ connect: () => this.connect({ allowHalfOpen: false }), maxPooled: keep, poolIdleMs });
    this.#pooled = agent(maxPooled);
    this.#single = agent(0);
  }

  get uses(): number {
    return this.#uses.size;
  }

  get isBroken(): boolean {
    return this.#breaker.isOpen;
  }

  get isLeft(): boolean {
    return this.#left;
  }

  /** Since when it has failed without a success between, monotonic ms. */
  get downSinceMs(): number {
    return this.#downSinceMs ?? monoMs();
  }

  /** Asked before anything goes out: a timer may come late after this process, or the whole machine, stood still. */
  isExpired(): boolean {
    return this.#leftMs() <= 0;
  }

  renew(untilMs: number | null): void {
    this.#untilMs = untilMs;
    if (untilMs !== null) this.#asleepAtMs = this.#asleepMs();
    this.#awaitExpiry();
  }

  /** A request that may not come twice gets a connection of its own: one that was kept may be closing at this moment. */
  agentFor(method: string): TargetAgent {
    return isIdempotent(method) ? this.#pooled : this.#single;
  }

  /** @throws Unreached */
  async connect({ allowHalfOpen }: { allowHalfOpen: boolean }): Promise<Socket> {
    if (this.#left) throw new Unreached(hasLeft);
    const socket = await this.#breaker
      .run(() => this.#open(allowHalfOpen))
      .catch((error: unknown) => {
        throw new Unreached(messageOf(error));
      });
    this.#downSinceMs = undefined;
    // Meanwhile the hub may have been told that nothing new goes there.
    if (!this.#left && !this.isExpired()) return socket;
    socket.destroy();
    throw new Unreached(hasLeft);
  }

  answered(): void {
    this.#breaker.answered();
  }

  /** A connection broke before anything came on it. */
  broke(error: Error, { fresh }: { fresh: boolean }): void {
    // After its lease it was broken off here.
    if (this.#left || this.isExpired()) return;
    this.#options.onFailure("reset");
    // One that was kept may have been closed in good order a moment before.
    if (fresh) this.#breaker.failed(error);
  }

  /** @returns to be called when the use has ended */
  enter(use: Use): () => void {
    this.#uses.add(use);
    if (this.#left) use.leave();
    return () => {
      if (!this.#uses.delete(use)) return;
      if (this.#left && this.#uses.size === 0) this.#drained();
    };
  }

  /** The service is elsewhere, or nobody acts: nothing new comes here. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#pooled.close();
    this.#single.close();
    if (this.#uses.size === 0) {
      this.#drained();
      return;
    }
    this.#drain = setTimeout(() => this.cut(), this.#options.limits.drainMs);
    for (const use of [...this.#uses]) use.leave();
  }

  /** At once, as when the lease is over: whoever acts elsewhere must not meet what still runs here. */
  cut(): void {
    this.leave();
    for (const use of [...this.#uses]) use.cut();
  }

  #leftMs(): number {
    if (this.#untilMs === null) return Number.POSITIVE_INFINITY;
    return this.#untilMs - monoMs() - (this.#asleepMs() - this.#asleepAtMs);
  }

  #awaitExpiry(): void {
    clearTimeout(this.#lease);
    if (this.#untilMs === null) return;
    const inMs = Math.min(Math.max(0, this.#leftMs()), sleepSeenMs);
    this.#lease = setTimeout(() => {
      if (!this.isExpired()) return this.#awaitExpiry();
      if (this.#left) this.cut();
      else this.#options.onExpired();
    }, inMs);
  }

  #drained(): void {
    clearTimeout(this.#drain);
    clearTimeout(this.#lease);
    this.#options.onDrained();
  }

  #open(allowHalfOpen: boolean): Promise<Socket> {
    const { connectMs, takeoverWaitMs } = this.#options.limits;
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.to, ...socketOptions, allowHalfOpen });
      const timer = setTimeout(() => socket.destroy(new Error(timedOut)), connectMs);
      const fail = (error: Error) => {
        clearTimeout(timer);
        const nowMs = monoMs();
        // A failure long after the last one begins a new outage.
        if (nowMs - this.#lastFailureMs > takeoverWaitMs) this.#downSinceMs = undefined;
        this.#downSinceMs ??= nowMs;
        this.#lastFailureMs = nowMs;
        if (!this.#left) this.#options.onFailure(kindOfFailure(error));
        reject(error);
      };
      socket.once("error", fail);
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.off("error", fail);
        resolve(socket);
      });
    });
  }
}

const hasLeft = "the service has left";
const timedOut = "the target did not take the connection in time";

function kindOfFailure(error: Error): FailureKind {
  if (error.message === timedOut) return "timeout";
  const { code } = error as NodeJS.ErrnoException; // node's socket errors carry one
  if (code === "ECONNRESET") return "reset";
  return code === "ECONNREFUSED" ? "refused" : "unreachable";
}
