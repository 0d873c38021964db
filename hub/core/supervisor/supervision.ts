/** Decides what this machine's supervisor starts and stops: nothing without a word, nothing of an old epoch, nothing near a lease's end. */
import type { RefusedWord, ServiceWord, SupervisedService } from "./word.ts";

/** What stands on disk of a service. */
export interface KeptService {
  /** The highest epoch that was heard of. */
  epoch: number;
  /** It was to run and no lease bounds it, so another start of the supervisor lets it run. */
  goesOn: boolean;
}

export type Deed =
  | { type: "start"; service: string; number: number }
  /** With `killAtMs` it is gone by then, by force at last; without, no lease bounded it, and it may take its usual time to end. */
  | { type: "stop"; service: string; number: number; killAtMs: number | null };

const leastMarginMs = 100;
const firstBackOffMs = 1_000;
const longestBackOffMs = 30_000;
/** One that ran so long was well: its next start waits as if it were the first. */
const wellAfterMs = 30_000;
/** A stop that failed is tried again after so long: somebody else may act by then. */
const stopAgainMs = 100;

/** Before its lease ends an instance begins to stop, so that it is gone when another may act, ms. */
export const stopMarginMs = (leaseMs: number): number => Math.max(leastMarginMs, leaseMs / 10);

interface Service {
  epoch: number;
  keptEpoch: number;
  keptGoesOn: boolean;
  /** The last one of this epoch; for one that goes on by what stands on disk, as if it had been said. */
  word: ServiceWord | undefined;
  /** It was said since the start. What is known from disk alone may have been taken elsewhere meanwhile: it goes on where it runs, and is not started. */
  isTold: boolean;
  /** When it must begin to stop; null without a lease. */
  stopAtMs: number | null;
  /** End of the lease that it was last let run on: another may act after that. Null without one. */
  leaseEndsMs: number | null;
  running: boolean;
  deed: Deed | undefined;
  deedEndedAtMs: number;
  startedAtMs: number;
  backOffMs: number;
  /** No start before that, after one that failed or did not last. */
  startNotBeforeMs: number;
  /** No stop before that, after one that failed. */
  stopNotBeforeMs: number;
  problem: string;
}

export class Supervision {
  readonly #services = new Map<string, Service>();
  #deeds = 0;

  /** @param sameBoot whether the machine has not been started anew since: after that nothing goes on by itself */
  constructor(kept: Readonly<Record<string, KeptService>>, sameBoot: boolean) {
    for (const [name, { epoch, goesOn }] of Object.entries(kept)) {
      const service = this.#service(name);
      service.epoch = service.keptEpoch = epoch;
      service.keptGoesOn = goesOn;
      if (goesOn && sameBoot) service.word = { service: name, epoch, run: true, untilMonoMs: null };
    }
  }

  /** Takes the newest word of each service, and returns those that came too late. */
  take(words: readonly ServiceWord[], atMs: number): RefusedWord[] {
    return words.flatMap((word) => {
      const service = this.#service(word.service);
      if (word.epoch < service.epoch) return [{ service: word.service, epoch: word.epoch, known: service.epoch }];
      if (word.epoch > service.epoch || (word.run && service.word?.run !== true)) {
        service.backOffMs = firstBackOffMs;
        service.startNotBeforeMs = 0;
      }
      service.epoch = word.epoch;
      service.word = word;
      service.isTold = true;
      const { untilMonoMs } = word;
      // A word that ends it says nothing of the time that it had left.
      if (word.run) service.leaseEndsMs = untilMonoMs;
      service.stopAtMs = untilMonoMs === null ? null : untilMonoMs - stopMarginMs(untilMonoMs - atMs);
      return [];
    });
  }

  /** The machine has slept so long: its clock stood still, and whoever waits for the end of a lease elsewhere did not. */
  slept(ms: number): void {
    for (const service of this.#services.values()) {
      if (service.stopAtMs !== null) service.stopAtMs -= ms;
      if (service.leaseEndsMs !== null) service.leaseEndsMs -= ms;
    }
  }

  /** What must be on disk before anything of it is started; undefined while it is. */
  unkept(): Record<string, KeptService> | undefined {
    const all = [...this.#services];
    if (all.every(([, service]) => service.keptEpoch === service.epoch && service.keptGoesOn === goesOn(service)))
      return undefined;
    return Object.fromEntries(all.map(([name, service]) => [name, { epoch: service.epoch, goesOn: goesOn(service) }]));
  }

  /** This stands on disk now. */
  kept(kept: Readonly<Record<string, KeptService>>): void {
    for (const [name, on] of Object.entries(kept)) {
      const service = this.#service(name);
      service.keptEpoch = on.epoch;
      service.keptGoesOn = on.goesOn;
    }
  }

  /**
   * What runs, as somebody looked.
   * @param lookedAtMs when the look began: it knows nothing of deeds that ended after that
   */
  seen(running: ReadonlySet<string>, lookedAtMs: number): void {
    for (const name of running) this.#service(name);
    for (const [name, service] of this.#services) {
      if (service.deed === undefined && service.deedEndedAtMs <= lookedAtMs) service.running = running.has(name);
    }
  }

  /** @param problem why it failed; undefined when it did not */
  done({ service: name, number, type }: Deed, problem: string | undefined, atMs: number): void {
    const service = this.#service(name);
    if (service.deed?.number !== number) return;
    service.deed = undefined;
    service.deedEndedAtMs = atMs;
    service.problem = problem ?? "";
    if (type === "start") service.running = problem === undefined;
    else if (problem === undefined) service.running = false;
    else service.stopNotBeforeMs = atMs + stopAgainMs;
  }

  /** What is to be done now; each deed is given out once, and `done` ends it. */
  due(atMs: number): Deed[] {
    return [...this.#services].flatMap(([name, service]) => {
      const deed = this.#deedFor(name, service, atMs);
      if (deed !== undefined) service.deed = deed;
      return deed ?? [];
    });
  }

  /** When `due` may have something new without another event; undefined for never. */
  nextAtMs(atMs: number): number | undefined {
    const times = [...this.#services.values()].flatMap((service) => {
      const { deed, running, stopAtMs, startNotBeforeMs, stopNotBeforeMs } = service;
      const stops = stopAtMs !== null && (running || deed?.type === "start") ? [stopAtMs] : [];
      const again = deed === undefined ? [running ? stopNotBeforeMs : startNotBeforeMs] : [];
      return [...stops, ...again].filter((time) => time > atMs);
    });
    return times.length === 0 ? undefined : Math.min(...times);
  }

  view(): SupervisedService[] {
    return [...this.#services].map(([service, { epoch, word, running, problem }]) => ({
      service,
      epoch,
      run: word?.run ?? false,
      untilMonoMs: word?.untilMonoMs ?? null,
      running,
      problem,
    }));
  }

  #deedFor(name: string, service: Service, atMs: number): Deed | undefined {
    const { deed, running } = service;
    if (mayRun(service, atMs)) {
      if (running || deed !== undefined || !service.isTold || atMs < service.startNotBeforeMs) return undefined;
      if (atMs - service.startedAtMs > wellAfterMs) service.backOffMs = firstBackOffMs;
      service.startedAtMs = atMs;
      service.startNotBeforeMs = atMs + service.backOffMs;
      service.backOffMs = Math.min(longestBackOffMs, 2 * service.backOffMs);
      return { type: "start", service: name, number: ++this.#deeds };
    }
    // What is being started must be stopped as well, without waiting for how that goes.
    const stops = deed === undefined ? running && atMs >= service.stopNotBeforeMs : deed.type === "start";
    if (!stops) return undefined;
    return { type: "stop", service: name, number: ++this.#deeds, killAtMs: service.leaseEndsMs };
  }

  #service(name: string): Service {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const made: Service = {
      epoch: 0,
      keptEpoch: 0,
      keptGoesOn: false,
      word: undefined,
      isTold: false,
      stopAtMs: null,
      leaseEndsMs: null,
      running: false,
      deed: undefined,
      deedEndedAtMs: Number.NEGATIVE_INFINITY,
      startedAtMs: Number.NEGATIVE_INFINITY,
      backOffMs: firstBackOffMs,
      startNotBeforeMs: 0,
      stopNotBeforeMs: 0,
      problem: "",
    };
    this.#services.set(name, made);
    return made;
  }
}

const goesOn = ({ word }: Service): boolean => word?.run === true && word.untilMonoMs === null;

/** An epoch that is not on disk yet could be used twice after a crash. */
function mayRun({ word, keptEpoch, epoch, stopAtMs }: Service, atMs: number): boolean {
  return word?.run === true && keptEpoch >= epoch && (stopAtMs === null || atMs < stopAtMs);
}
