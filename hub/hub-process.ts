/** A hub's process: what it does as it follows the hub that acts, acts itself, and yields to the next one. */
import type { HubConfig } from "./config.ts";
import { Entrance } from "./http/entrance.ts";
import type { LocalOrders } from "./http/local-orders.ts";
import { orderSocketIn } from "./http/order-socket.ts";
import { Hub } from "./hub.ts";
import type { Log } from "./io/log.ts";
import { NatsLink } from "./io/nats-link.ts";
import { within } from "./io/within.ts";
import type { Running } from "./process-entry.ts";
import type { Address } from "./succession/place.ts";
import { type Acting, SucceedingProcess } from "./succession/succeeding-process.ts";

/** Records that take longer to read back are no reason to keep clients without any answer. */
const holdDeadlineMs = 10_000;

export class HubProcess implements Running {
  readonly #config: HubConfig;
  readonly #version: string;
  readonly #log: Log;
  readonly #entrance: Entrance;
  readonly #life: SucceedingProcess;
  #hub: Hub | undefined;
  /** Built while another process acts, so that little is left to do once that has yielded. */
  #prepared: Hub | undefined;

  constructor(config: HubConfig, version: string, log: Log) {
    this.#config = config;
    this.#version = version;
    this.#log = log;
    const { peer } = config;
    this.#entrance = new Entrance(log, undefined, [peer.hub.host], localOrdersOf(config), entranceTls(config));
    const { stateDirectory: directory, healthSocket, machine } = config;
    this.#life = new SucceedingProcess(
      { name: "hub", config, directory, healthSocket, at: machine.hub, log },
      {
        prepare: () => this.#prepare(),
        withdraw: () => this.#withdraw(),
        act: (acting) => this.#act(acting),
        yield: (to) => this.#yield(to),
        stop: () => this.#stop(),
      },
    );
  }

  /** Resolves when it acts, or was stopped before. Rejects when a port or the spool cannot be had. */
  start(): Promise<void> {
    return this.#life.start();
  }

  stop(): Promise<void> {
    return this.#life.stop();
  }

  reload(): void {
    this.#hub?.reload();
  }

  /** One that its NATS does not take, or that could not speak TLS, is no successor. */
  async #prepare(): Promise<void> {
    const { machine, nats } = this.#config;
    const { door } = this.#entrance;
    if (door?.complaint !== undefined) throw new Error(door.complaint);
    const name = `hub ${machine.name}`;
    await NatsLink.probe({ ...machine.nats, seedFile: nats.nkeySeedFile, name, log: this.#log });
    this.#prepared = this.#newHub();
    await this.#prepared.prepare();
    await this.#entrance.listen(this.#address, true);
  }

  async #withdraw(): Promise<void> {
    await this.#entrance.yieldTo(this.#config.machine.hub);
    await this.#prepared?.stop();
    this.#prepared = undefined;
  }

  /** Clients of one that it succeeds wait until this one serves them as well. */
  async #act({ succeeds, shared, signal }: Acting): Promise<void> {
    const hub = this.#prepared ?? this.#newHub();
    this.#prepared = undefined;
    this.#hub = hub;
    await this.#entrance.listen(this.#address, shared);
    await this.#entrance.listenForOrders();
    await hub.start(succeeds);
    if (succeeds) await within(holdDeadlineMs, hub.ready);
    if (!signal.aborted) this.#entrance.open(hub.front);
  }

  async #yield(to: Address): Promise<void> {
    await this.#entrance.yieldTo(to);
    await this.#hub?.stop(true);
    this.#hub = undefined;
  }

  async #stop(): Promise<void> {
    const closed = this.#entrance.close();
    await this.#hub?.stop();
    await this.#prepared?.stop();
    await closed;
  }

  #newHub(): Hub {
    return new Hub(this.#config, this.#version, this.#log, this.#entrance, () => this.#life.end("hub.ended"));
  }

  get #address(): Address {
    const { machine, listenHost } = this.#config;
    return { ...machine.hub, host: listenHost ?? machine.hub.host };
  }
}

/** A hub that keeps no state has no place for a socket, and takes orders by tokens and sessions alone. */
function localOrdersOf({ access, stateDirectory }: HubConfig): LocalOrders | undefined {
  if (access.localOrders === "loopback") return { kind: "loopback" };
  return stateDirectory === undefined ? undefined : { kind: "socket", path: orderSocketIn(stateDirectory) };
}
const entranceTls = ({ tls, machine, peer }: HubConfig) => tls && { tls, machine: machine.name, peer: peer.name };
