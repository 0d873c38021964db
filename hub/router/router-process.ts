/** A router's process through its life: as a hub's, it succeeds the one that acts, yields to the one that follows, and steps in when that ends. */
import { dirname } from "node:path";
import { type Log, messageOf } from "../io/log.ts";
import { sharesPorts } from "../io/shares-ports.ts";
import type { Running } from "../process-entry.ts";
import { Liveness } from "../succession/liveness.ts";
import { Place } from "../succession/place.ts";
import { madeAtMs, programOf } from "../succession/program-of.ts";
import { takePlace } from "../succession/take-place.ts";
import type { RouterConfig } from "./config.ts";
import { Router } from "./router.ts";

export class RouterProcess implements Running {
  readonly #config: RouterConfig;
  readonly #log: Log;
  readonly #router: Router;
  readonly #liveness: Liveness;
  readonly #place: Place;
  readonly #stop = new AbortController();
  #stopped: Promise<void> | undefined;
  #acts = false;
  /** It could not go on. */
  #failed = false;
  #yielding: Promise<void> = Promise.resolve();

  /** @throws Error when the file of epochs cannot be read */
  constructor(config: RouterConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#router = new Router(config, log);
    this.#liveness = new Liveness(config.healthSocket);
    this.#place = new Place({
      directory: dirname(config.stateFile),
      program: programOf(config),
      madeAtMs: madeAtMs(),
      log,
      acts: () => this.#acts,
      yield: () => {
        this.#yielding = this.#yield();
        return this.#yielding;
      },
      resume: () => void this.#act().catch((error: unknown) => this.#end(error)),
      broken: (error) => this.#end(error),
    });
  }

  /** Resolves when it acts, or was stopped before. */
  async start(): Promise<void> {
    await this.#liveness.open();
    try {
      if (sharesPorts) await this.#take();
      await this.#act();
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  #take(): Promise<boolean> {
    const { listenHost: host, routes } = this.#config;
    return takePlace({
      place: this.#place,
      // Each route is followed at its own port.
      at: { host, port: routes[0]?.port ?? 1 },
      prepare: () => this.#router.listen(true),
      withdraw: () => this.#router.yield(),
      liveness: this.#liveness,
      log: this.#log,
      signal: this.#stop.signal,
    });
  }

  async #act(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await this.#router.listen(sharesPorts);
    await this.#router.act();
    this.#liveness.well();
    this.#acts = true;
  }

  async #yield(): Promise<void> {
    this.#log.info("succession.yielding");
    this.#acts = false;
    await this.#router.yield();
  }

  async #stopAll(): Promise<void> {
    this.#stop.abort();
    this.#place.stopWaiting();
    await this.#yielding.catch(() => {});
    await this.#router.stop();
    this.#place.close(this.#failed);
    this.#liveness.close();
  }

  /** Whoever started it starts it again. */
  #end(error: unknown): void {
    this.#log.error("router.unable", { error: messageOf(error) });
    this.#failed = true;
    process.exitCode = 1;
    void this.stop().finally(() => process.exit());
  }
}
