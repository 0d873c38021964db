/** One service's route: where its clients go now, and the clients that wait until somebody acts. */

import type { RouterLimits } from "../core/router/limits.ts";
import { type RouteTable, sameTarget, standing } from "../core/router/route-table.ts";
import type { RouterEvent, RouteView, RouteWord } from "../core/router/word.ts";
import { monoMs } from "../io/mono-clock.ts";
import type { RouteConfig } from "./config.ts";
import { Place, Unreached } from "./place.ts";

/** Why a client is not carried. `late`: nobody acted for too long. `down`: who acts does not answer. */
export type Refusal = "late" | "down" | "full" | "gone";

type Omitted<E> = E extends RouterEvent ? Omit<E, "atMonoMs"> : never;
export type RouteEvent = Omitted<RouterEvent>;

export class Route {
  readonly config: RouteConfig;
  readonly limits: RouterLimits;
  readonly #tell: (event: RouteEvent) => void;
  readonly #waiters = new Set<() => void>();
  readonly #leaving = new Set<Place>();
  readonly #handedOn = new Set<Place>();
  #word: RouteWord | undefined;
  #place: Place | undefined;
  #stopped = false;
  connections = 0;

  constructor(config: RouteConfig, limits: RouterLimits, tell: (event: RouteEvent) => void) {
    this.config = config;
    this.limits = limits;
    this.#tell = tell;
  }

  take(word: RouteWord): void {
    const before = this.#word;
    this.#word = word;
    const now = standing(word, monoMs());
    if (now.held !== null) {
      this.#hold(now.held, { atOnce: now.held === "expired" });
    } else if (this.#place !== undefined && sameTarget(this.#place.to, now.to)) {
      this.#place.renew(word.untilMonoMs);
      if (before?.epoch === word.epoch) return;
      this.#tell({ type: "opened", service: word.service, epoch: word.epoch, to: now.to });
    } else {
      this.#leave();
      this.#place = this.#newPlace(word, now.to);
      this.#tell({ type: "opened", service: word.service, epoch: word.epoch, to: now.to });
      this.#wake();
    }
  }

  /** Carries a client: `attempt` is called with the place that acts, again as long as it does not reach it. */
  async carry<T extends object>(attempt: (place: Place) => Promise<T>, gone: AbortSignal): Promise<T | Refusal> {
    const untilMs = monoMs() + this.limits.holdMs;
    while (!gone.aborted) {
      const place = this.#acting();
      if (place === undefined) {
        const refusal = await this.#wait(untilMs, this.limits.holdMs, gone);
        if (refusal !== undefined) return refusal;
        continue;
      }
      try {
        return await attempt(place);
      } catch (error) {
        if (!(error instanceof Unreached)) throw error;
        if (place.isLeft) continue;
        const downUntilMs = Math.min(untilMs, place.downSinceMs + this.limits.takeoverWaitMs);
        const refusal = await this.#wait(downUntilMs, this.limits.retryMs, gone);
        if (refusal !== undefined) return refusal === "late" ? "down" : refusal;
      }
    }
    return "gone";
  }

  /** Carries new clients to the router that follows this one; those under way stay where they are, within the lease that they have. */
  handOn(to: Place["to"]): void {
    const { service } = this.config;
    const before = this.#place;
    this.#place = this.#newPlace({ service, epoch: 0, to, untilMonoMs: null }, to);
    this.#word = undefined;
    if (before !== undefined) this.#handedOn.add(before);
    this.#wake();
  }

  /** Holds clients until a word comes: this router acts again. */
  takeBack(): void {
    this.#leave();
  }

  /** What is under way ends as when a target is replaced; who waits is refused, since nobody will act here any more. */
  stop(): void {
    this.#stopped = true;
    this.#leave();
    for (const place of this.#handedOn) {
      this.#leaving.add(place);
      place.leave();
    }
    this.#handedOn.clear();
    this.#wake();
  }

  get draining(): number {
    return [...this.#leaving].reduce((sum, place) => sum + place.uses, 0);
  }

  view(epochs: RouteTable["epochs"]): RouteView {
    const { service, port } = this.config;
    const now = standing(this.#word, monoMs());
    return {
      service,
      port,
      epoch: epochs.get(service) ?? null,
      to: now.to,
      untilMonoMs: this.#word?.untilMonoMs ?? null,
      held: now.held,
      broken: this.#place?.isBroken ?? false,
      connections: this.connections,
      waiting: this.#waiters.size,
      draining: this.draining,
    };
  }

  #acting(): Place | undefined {
    if (this.#place?.isExpired()) this.#hold("expired", { atOnce: true });
    return this.#place;
  }

  #hold(why: "no-word" | "told" | "expired", { atOnce }: { atOnce: boolean }): void {
    const place = this.#place;
    this.#leave();
    if (place === undefined) return;
    if (atOnce) place.cut();
    this.#tell({ type: "held", service: this.config.service, why });
  }

  #leave(): void {
    const place = this.#place;
    if (place === undefined) return;
    this.#place = undefined;
    this.#leaving.add(place);
    place.leave();
  }

  #newPlace({ service, untilMonoMs }: RouteWord, to: Place["to"]): Place {
    const place: Place = new Place({
      to,
      limits: this.limits,
      onFailure: (why) => this.#tell({ type: "refused", service, to, why }),
      onExpired: () => {
        if (place === this.#place) this.#acting();
        else place.cut();
      },
      onDrained: () => {
        this.#leaving.delete(place);
        if (this.#leaving.size === 0) this.#tell({ type: "drained", service });
      },
    });
    place.renew(untilMonoMs);
    return place;
  }

  /** Resolves with nothing when it is worth another try. */
  #wait(untilMs: number, atMostMs: number, gone: AbortSignal): Promise<Refusal | undefined> {
    const leftMs = untilMs - monoMs();
    if (gone.aborted) return Promise.resolve("gone");
    if (leftMs <= 0 || this.#stopped) return Promise.resolve("late");
    if (this.#waiters.size >= this.limits.maxWaiting) return Promise.resolve("full");
    return new Promise((resolve) => {
      const settle = (refusal: Refusal | undefined) => {
        clearTimeout(timer);
        gone.removeEventListener("abort", leave);
        this.#waiters.delete(wake);
        resolve(refusal);
      };
      const wake = () => settle(undefined);
      const leave = () => settle("gone");
      const timer = setTimeout(wake, Math.min(leftMs, atMostMs));
      gone.addEventListener("abort", leave);
      this.#waiters.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}
