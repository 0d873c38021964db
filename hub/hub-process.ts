/**
 * A hub's process through its life. Where a hub of the machine runs already it waits beside that until it could act itself, has it yield,
 * and acts; later it yields in the same way. A successor that ends is stepped in for.
 */
import type { HubConfig } from "./config.ts";
import { Entrance } from "./http/entrance.ts";
import { Hub } from "./hub.ts";
import { type Log, messageOf } from "./io/log.ts";
import { NatsLink } from "./io/nats-link.ts";
import { sharesPorts } from "./io/shares-ports.ts";
import { within } from "./io/within.ts";
import type { Running } from "./process-entry.ts";
import { Liveness } from "./succession/liveness.ts";
import { type Address, Place } from "./succession/place.ts";
import { madeAtMs, programOf } from "./succession/program-of.ts";
import { takePlace } from "./succession/take-place.ts";

/** Records that take longer to read back are no reason to keep clients without any answer. */
const holdDeadlineMs = 10_000;

export class HubProcess implements Running {
  readonly #config: HubConfig;
  readonly #version: string;
  readonly #log: Log;
  readonly #entrance: Entrance;
  readonly #liveness: Liveness;
  readonly #place: Place | undefined;
  readonly #stop = new AbortController();
  #stopped: Promise<void> | undefined;
  #hub: Hub | undefined;
  /** Built while another process acts, so that little is left to do once that has yielded. */
  #prepared: Hub | undefined;
  #acts = false;
  /** It could not go on. */
  #failed = false;
  #yielding: Promise<void> = Promise.resolve();

  constructor(config: HubConfig, version: string, log: Log) {
    this.#config = config;
    this.#version = version;
    this.#log = log;
    this.#entrance = new Entrance(log);
    this.#liveness = new Liveness(config.healthSocket);
    this.#place = this.#placeIn(config.stateDirectory);
  }

  /** Resolves when it acts, or was stopped before. Rejects when a port or the spool cannot be had. */
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

  reload(): void {
    this.#hub?.reload();
  }

  /** Undefined where it cannot be: then no other process shares the port, and the first one keeps it. */
  #placeIn(directory: string | undefined): Place | undefined {
    if (!sharesPorts || directory === undefined) return undefined;
    try {
      return new Place({
        directory,
        program: programOf(this.#config),
        madeAtMs: madeAtMs(),
        log: this.#log,
        acts: () => this.#acts,
        yield: (to) => {
          this.#yielding = this.#yield(to);
          return this.#yielding;
        },
        resume: () => void this.#act(true).catch((error: unknown) => this.#end("hub.unable", error)),
        broken: (error) => this.#end("succession.broken", error),
      });
    } catch (error) {
      this.#log.warn("succession.off", { error: messageOf(error) });
      return undefined;
    }
  }

  /** One that its NATS does not take is no successor. */
  #take(place: Place): Promise<boolean> {
    const { machine, nats } = this.#config;
    const name = `hub ${machine.name}`;
    const link = { ...machine.nats, seedFile: nats.nkeySeedFile, name, log: this.#log };
    return takePlace({
      place,
      at: machine.hub,
      prepare: async () => {
        await NatsLink.probe(link);
        this.#prepared = this.#newHub();
        await this.#prepared.prepare();
        await this.#entrance.listen(this.#address, true);
      },
      withdraw: async () => {
        await this.#entrance.yieldTo(machine.hub);
        await this.#prepared?.stop();
        this.#prepared = undefined;
      },
      liveness: this.#liveness,
      log: this.#log,
      signal: this.#stop.signal,
    });
  }

  /** @param succeeds clients were served by another process until now: they wait until this one serves them as well */
  async #act(succeeds: boolean): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const hub = this.#prepared ?? this.#newHub();
    this.#prepared = undefined;
    this.#hub = hub;
    await this.#entrance.listen(this.#address, this.#place !== undefined);
    await hub.start(succeeds);
    if (succeeds) await within(holdDeadlineMs, hub.ready);
    if (this.#stop.signal.aborted) return;
    this.#entrance.open(hub.front);
    this.#liveness.well();
    this.#acts = true;
  }

  #newHub(): Hub {
    return new Hub(this.#config, this.#version, this.#log, () => this.#end("hub.ended"));
  }

  async #yield(to: Address): Promise<void> {
    this.#log.info("succession.yielding", { to });
    this.#acts = false;
    await this.#entrance.yieldTo(to);
    await this.#hub?.stop(true);
    this.#hub = undefined;
  }

  async #stopAll(): Promise<void> {
    this.#stop.abort();
    this.#place?.stopWaiting();
    await this.#yielding.catch(() => {});
    const closed = this.#entrance.close();
    await this.#hub?.stop();
    await this.#prepared?.stop();
    await closed;
    // Last: nobody else acts before nothing of this one does.
    this.#place?.close(this.#failed);
    this.#liveness.close();
  }

  get #address(): Address {
    const { machine, listenHost } = this.#config;
    return { ...machine.hub, host: listenHost ?? machine.hub.host };
  }

  /** It cannot go on: the process ends, for whoever started it to start it again. */
  #end(event: string, error?: unknown): void {
    if (error !== undefined) this.#log.error(event, { error: messageOf(error) });
    this.#failed = true;
    process.exitCode = 1;
    void this.stop().finally(() => process.exit());
  }
}
