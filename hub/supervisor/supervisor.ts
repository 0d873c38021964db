/** Carries out what the core decides: takes words, keeps epochs, starts and stops, and looks every second at what runs. */

import type { Deed } from "../core/supervisor/supervision.ts";
import { Supervision } from "../core/supervisor/supervision.ts";
import type { ServiceWord, SupervisedService, SupervisorAnswer } from "../core/supervisor/word.ts";
import { asleepMs } from "../io/asleep.ts";
import { type Log, messageOf } from "../io/log.ts";
import { monoMs } from "../io/mono-clock.ts";
import { ChildProcesses } from "./child-processes.ts";
import type { SupervisorConfig } from "./config.ts";
import { DockerEngine } from "./docker-engine.ts";
import { KeptEpochs } from "./kept-epochs.ts";
import type { SupervisorMetrics } from "./metrics.ts";
import type { Runner } from "./runner.ts";

/** So soon it is seen that an instance has ended by itself; epochs that a full disk refused are tried again as often. */
const lookEveryMs = 1_000;
/** So late, once the machine is awake, a lease that ended in its sleep is seen to have ended. */
const sleepSeenMs = 100;

export class Supervisor {
  readonly #log: Log;
  readonly #metrics: SupervisorMetrics;
  readonly #epochs: KeptEpochs;
  readonly #core: Supervision;
  readonly #children: ChildProcesses;
  readonly #engine: DockerEngine | undefined;
  readonly #processes: ReadonlySet<string>;
  /** Starts under way by service, each with when it has ended, however it went. */
  readonly #starting = new Map<string, Promise<void>>();
  /** Writes of epochs, one after the other. */
  #keeping: Promise<unknown> = Promise.resolve();
  #looking: Promise<void> | undefined;
  #lookComplaint = "";
  #timer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #asleepMs: () => number;
  #sleptMs: number;

  /**
   * Throws when the file of epochs is damaged.
   *
   * @param asleep how long the machine has slept, ms
   */
  constructor(config: SupervisorConfig, metrics: SupervisorMetrics, log: Log, asleep = asleepMs) {
    this.#asleepMs = asleep;
    this.#sleptMs = asleep();
    this.#log = log;
    this.#metrics = metrics;
    this.#epochs = new KeptEpochs(config.stateFile);
    this.#core = new Supervision(this.#epochs.services, this.#epochs.sameBoot);
    this.#processes = new Set(config.processes.map(({ service }) => service));
    this.#children = new ChildProcesses(config.processes, () => this.#lookAgain());
    this.#engine = config.docker && new DockerEngine(config.docker.socket, config.machine);
  }

  /** Stops what runs and may not, and goes on so until `stop`. */
  async start(): Promise<void> {
    const left = this.#children.endLeftovers();
    if (left > 0) this.#log.warn("supervisor.leftovers_ended", { processes: left });
    await this.#look();
    this.#lookTimer = setInterval(() => void this.#look(), lookEveryMs);
  }

  /** Resolves when the words' epochs are on disk; rejects when they cannot be put there: then nothing is started by them. */
  async put(words: readonly ServiceWord[]): Promise<SupervisorAnswer> {
    this.#countSleep();
    const refused = this.#core.take(words, monoMs());
    for (const word of refused) this.#log.warn("supervisor.word_refused", { ...word });
    this.#metrics.refused(refused.length);
    // A stop waits for no disk.
    this.#go();
    await this.#keep();
    this.#go();
    return { services: this.services(), refused };
  }

  services(): SupervisedService[] {
    return this.#core.view();
  }

  /** Children end; containers go on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#lookTimer);
    await Promise.all([this.#children.close(), this.#engine?.close(), this.#keeping]);
  }

  #keep(): Promise<void> {
    const kept = this.#keeping.then(async () => {
      const unkept = this.#core.unkept();
      if (unkept === undefined) return;
      await this.#epochs.save(unkept);
      this.#core.kept(unkept);
    });
    this.#keeping = kept.catch((error: unknown) => this.#log.error("supervisor.not_kept", { error: messageOf(error) }));
    return kept;
  }

  #go(): void {
    if (this.#stopped) return;
    this.#countSleep();
    for (const deed of this.#core.due(monoMs())) void this.#carryOut(deed);
    clearTimeout(this.#timer);
    const nowMs = monoMs();
    const nextAtMs = this.#core.nextAtMs(nowMs);
    if (nextAtMs === undefined) return;
    this.#timer = setTimeout(() => this.#go(), Math.min(sleepSeenMs, Math.ceil(nextAtMs - nowMs)));
  }

  #countSleep(): void {
    const sleptMs = this.#asleepMs();
    if (sleptMs <= this.#sleptMs) return;
    this.#core.slept(sleptMs - this.#sleptMs);
    this.#sleptMs = sleptMs;
  }

  async #carryOut(deed: Deed): Promise<void> {
    const { service, type } = deed;
    let problem: string | undefined;
    try {
      const runner = this.#runnerOf(service);
      if (deed.type === "start") await this.#start(runner, service);
      else await this.#stop(runner, service, deed.killAtMs);
      this.#log.info(type === "start" ? "supervisor.started" : "supervisor.stopped", { service });
    } catch (error) {
      problem = messageOf(error);
      this.#log.error(`supervisor.${type}_failed`, { service, error: problem });
    }
    this.#metrics.done(type, problem === undefined);
    this.#core.done(deed, problem, monoMs());
    // Also after a deed that another has overtaken: an engine may have carried them out in the other order.
    this.#lookAgain();
  }

  async #start(runner: Runner, service: string): Promise<void> {
    const start = runner.start(service);
    const ended = start.catch(() => {}).finally(() => this.#starting.delete(service));
    this.#starting.set(service, ended);
    await start;
  }

  async #stop(runner: Runner, service: string, killAtMs: number | null): Promise<void> {
    const starting = this.#starting.get(service);
    if (starting !== undefined) {
      // An engine may find nothing to stop as long as its start goes on: what runs already ends at once, the rest afterwards.
      await runner.stop(service, killAtMs).catch(() => {});
      await starting;
    }
    await runner.stop(service, killAtMs);
  }

  #runnerOf(service: string): Runner {
    if (this.#processes.has(service)) return this.#children;
    if (this.#engine !== undefined) return this.#engine;
    throw new Error(`the config names neither a process of ${service} nor an engine`);
  }

  #lookAgain(): void {
    if (!this.#stopped) void (this.#looking ?? Promise.resolve()).then(() => this.#look());
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const lookedAtMs = monoMs();
    try {
      const seen = await Promise.all([this.#children.look(), this.#engine?.look() ?? new Map<string, boolean>()]);
      const running = seen.flatMap((all) => [...all].flatMap(([service, runs]) => (runs ? [service] : [])));
      this.#core.seen(new Set(running), lookedAtMs);
      this.#lookComplaint = "";
    } catch (error) {
      const message = messageOf(error);
      if (message !== this.#lookComplaint) this.#log.error("supervisor.look_failed", { error: message });
      this.#lookComplaint = message;
    }
    await this.#keep().catch(() => {});
    this.#go();
  }
}
