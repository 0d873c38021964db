/**
 * The life of a process that others of its kind follow. Where one runs already it waits beside that until it could act itself, has it yield,
 * and acts; later it yields in the same way. A successor that ends is stepped in for.
 */
import { type Log, messageOf } from "../io/log.ts";
import { sharesPorts } from "../io/shares-ports.ts";
import type { Running } from "../process-entry.ts";
import { Liveness } from "./liveness.ts";
import { type Address, Place } from "./place.ts";
import { madeAtMs, programOf } from "./program-of.ts";
import { takePlace } from "./take-place.ts";

export interface SucceedingOptions {
  /** For the log. @example "hub" */
  name: string;
  /** With the program it makes out whether two processes run the same. */
  config: unknown;
  /** Of its place; without one no other process shares its ports, and the first one keeps them. */
  directory: string | undefined;
  /** Where it says whether it lives; undefined where nobody asks. */
  healthSocket: string | undefined;
  /** Where clients reach it. */
  at: Address;
  log: Log;
}

export interface Acting {
  /** Clients were served by another process until now. */
  succeeds: boolean;
  /** Another process may listen on its ports beside it. */
  shared: boolean;
  /** It is to stop. */
  signal: AbortSignal;
}

/** What it does at each turn of its life. */
export interface Deeds {
  /** Does what can fail, and takes clients in, to hold them; rejects with what is in the way. */
  prepare(): Promise<void>;
  /** It did not come to it: clients are for the one that acts. */
  withdraw(): Promise<void>;
  act(acting: Acting): Promise<void>;
  /** Stops acting, for the process at that address; resolves when nothing of this one acts any more. */
  yield(to: Address): Promise<void>;
  stop(): Promise<void>;
}

export class SucceedingProcess implements Running {
  readonly #options: SucceedingOptions;
  readonly #deeds: Deeds;
  readonly #liveness: Liveness;
  readonly #place: Place | undefined;
  readonly #stop = new AbortController();
  #stopped: Promise<void> | undefined;
  #acts = false;
  /** It could not go on. */
  #failed = false;
  #yielding: Promise<void> = Promise.resolve();

  constructor(options: SucceedingOptions, deeds: Deeds) {
    this.#options = options;
    this.#deeds = deeds;
    this.#liveness = new Liveness(options.healthSocket);
    this.#place = this.#makePlace();
  }

  /** Resolves when it acts, or was stopped before. Rejects when it cannot. */
  async start(): Promise<void> {
    await this.#liveness.open();
    try {
      await this.#act(this.#place !== undefined && (await this.#take(this.#place)));
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** It cannot go on: the process ends, for whoever started it to start it again. */
  end(event: string, error?: unknown): void {
    if (error !== undefined) this.#options.log.error(event, { error: messageOf(error) });
    this.#failed = true;
    process.exitCode = 1;
    void this.stop().finally(() => process.exit());
  }

  #makePlace(): Place | undefined {
    const { name, config, directory, log } = this.#options;
    if (!sharesPorts || directory === undefined) return undefined;
    try {
      return new Place({
        directory,
        program: programOf(config),
        madeAtMs: madeAtMs(),
        log,
        acts: () => this.#acts,
        yield: (to) => {
          this.#yielding = this.#yield(to);
          return this.#yielding;
        },
        resume: () => void this.#act(true).catch((error: unknown) => this.end(`${name}.unable`, error)),
        broken: (error) => this.end("succession.broken", error),
      });
    } catch (error) {
      log.warn("succession.off", { error: messageOf(error) });
      return undefined;
    }
  }

  #take(place: Place): Promise<boolean> {
    const { at, log } = this.#options;
    const { prepare, withdraw } = this.#deeds;
    return takePlace({ place, at, prepare, withdraw, liveness: this.#liveness, log, signal: this.#stop.signal });
  }

  async #act(succeeds: boolean): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    await this.#deeds.act({ succeeds, shared: this.#place !== undefined, signal });
    if (signal.aborted) return;
    this.#liveness.well();
    this.#acts = true;
  }

  async #yield(to: Address): Promise<void> {
    this.#options.log.info("succession.yielding", { to });
    this.#acts = false;
    await this.#deeds.yield(to);
  }

  async #stopAll(): Promise<void> {
    this.#stop.abort();
    this.#place?.stopWaiting();
    await this.#yielding.catch(() => {});
    await this.#deeds.stop();
    // Last: nobody else acts before nothing of this one does.
    this.#place?.close(this.#failed);
    this.#liveness.close();
  }
}
