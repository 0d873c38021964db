/** One service's route: where its clients go now, and the clients that wait until somebody acts. */

import type { RouterLimits } from "../core/router/limits.ts";
import { type RouteTable, type Standing, sameTarget, standing } from "../core/router/route-table.ts";
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
  /** What was under way when another router took over. */
  readonly #handedOn = new Set<Place>();
  #lastRequests: NodeJS.Timeout | undefined;
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
    this.#takeUp(now.to);
    if (now.held !== null) {
      this.#hold(now.held, { atOnce: now.held === "expired" });
    } else if (this.#place !== undefined && sameTarget(this.#place.to, now.to)) {
      this.#place.renew(word.untilMonoMs);
      if (before?.epoch === word.epoch) return;
      this.#tell({ type: "opened", service: word.service, epoch: word.epoch, to: now.to });
      this.#wake();
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

  /**
   * Carries new clients to the router that follows this one. Those under way stay where they are, within the lease that they have, and so long at
   * most: this router hears of no move any more.
   */
  handOn(to: Place["to"], lastRequestsMs: number): void {
    const { service } = this.config;
    const before = this.#place;
    this.#place = this.#newPlace({ service, epoch: 0, to, untilMonoMs: null }, to);
    this.#word = undefined;
    if (before !== undefined) this.#handedOn.add(before);
    clearTimeout(this.#lastRequests);
    this.#lastRequests = setTimeout(() => this.#leaveHandedOn(), lastRequestsMs);
    this.#wake();
  }

  /** Holds clients until a word comes: this router acts again. What was under way stays for that word, if it comes in time. */
  takeBack(): void {
    this.#leave();
  }

  /** What is under way ends as when a target is replaced; who waits is refused, since nobody will act here any more. */
  stop(): void {
    this.#stopped = true;
    this.#leave();
    this.#leaveHandedOn();
    this.#wake();
  }

  get draining(): number {
    return [...this.#leaving].reduce((sum, place) => sum + place.uses, 0);
  }

  view(epochs: RouteTable["epochs"]): RouteView {
    const { service, port } = this.config;
    const told = standing(this.#word, monoMs());
    // The monotonic clock knows nothing of a lease that ended while the machine slept.
    const isOver = told.held === null && this.#place === undefined;
    const now: Standing = isOver ? { held: "expired", to: null } : told;
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

  /** This router acts again: what was under way goes on if the word names its target, and ends with the words that follow as all else does. */
  #takeUp(to: Place["to"] | null): void {
    for (const place of this.#handedOn) {
      if (this.#place !== undefined || place.isExpired() || (to !== null && !sameTarget(place.to, to))) continue;
      this.#place = place;
      this.#handedOn.delete(place);
    }
    this.#leaveHandedOn();
  }

  #leaveHandedOn(): void {
    clearTimeout(this.#lastRequests);
    const places = [...this.#handedOn];
    this.#handedOn.clear();
    for (const place of places) this.#end(place);
  }

  #leave(): void {
    const place = this.#place;
    this.#place = undefined;
    if (place !== undefined) this.#end(place);
  }

  #end(place: Place): void {
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
        this.#handedOn.delete(place);
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
