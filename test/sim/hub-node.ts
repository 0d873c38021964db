/** One hub process from its start to its death: judge, failover, probes and records, wired as the hub wires them. */
import type { FailoverLimits } from "../../hub/core/failover/limits.ts";
import type { Word } from "../../hub/core/failover/messages.ts";
import type { ServiceSpec } from "../../hub/core/failover/service.ts";
import type { Health, RecordPosition } from "../../hub/core/record.ts";
import type { Verdict } from "../../hub/core/verdict.ts";
import type { Enforcer } from "./enforcer.ts";
import { Judge } from "./judge.ts";
import type { Machine } from "./machine.ts";
import type { NatsServer } from "./nats-server.ts";
import type { Network, Path } from "./network.ts";
import { Probes } from "./probes.ts";
import { Records, type RecordsReport, type Replication } from "./records.ts";
import { Seat, type Written } from "./seat.ts";
import type { Witness } from "./witness.ts";
import type { World } from "./world.ts";

/** Bugs put in on purpose, to see that the simulation finds them. */
export interface Bugs {
  /** The detector listens to one path only. */
  trustsOnePath?: boolean;
  /** The home takes its service back before it holds again what it lost. */
  failsBackBeforeRefill?: boolean;
}

/** A machine with what stands on it besides its hub. */
export interface Side {
  machine: Machine;
  nats: NatsServer;
  enforcer: Enforcer;
  /** Undefined while no hub process lives. */
  hub: HubNode | undefined;
}

export interface HubNodeOptions {
  world: World;
  network: Network;
  witness: Witness<Written>;
  hasWitness: boolean;
  self: Side;
  peer: Side;
  services: readonly ServiceSpec[];
  limits: FailoverLimits;
  bugs: Bugs;
  onVerdict(node: HubNode, verdict: Verdict): void;
  onMoved(): void;
  onHush(node: HubNode, service: string): void;
  onAcknowledged(origin: string, position: RecordPosition, how: Replication): void;
}

const recordsEveryMs = 100;
const reportEveryMs = 200;

export class HubNode {
  readonly name: string;
  readonly judge: Judge;
  readonly seat: Seat;
  readonly records: Records;
  readonly #options: HubNodeOptions;
  readonly #probes: Probes;
  readonly #incarnation: string;
  #words = 0;
  #heard = { incarnation: "", counter: 0 };
  #sync = "";
  #verdict: Verdict = "suspect";

  constructor(options: HubNodeOptions) {
    this.#options = options;
    const { world, network, self, peer, bugs, limits } = options;
    const { machine } = self;
    this.name = machine.name;
    this.#incarnation = `${machine.clock.wallMs.toString(36)}-${world.random.between(0, 0xffffff).toString(36)}`;
    this.records = new Records({
      world,
      self: machine,
      peer: peer.machine,
      nats: self.nats,
      peerNats: peer.nats,
      onAcknowledged: (position, how) => options.onAcknowledged(this.name, position, how),
      tellCopied: (position) => this.#toPeer("nats", (node) => node.records.heardCopied(position)),
    });
    this.seat = new Seat({
      world,
      self: machine,
      witness: options.witness,
      enforcer: self.enforcer,
      limits,
      setup: {
        machine: this.name,
        peer: peer.machine.name,
        incarnation: this.#incarnation,
        witness: options.hasWitness,
        services: options.services,
      },
      say: (word) => this.#say(word),
      probe: (instance) => this.#probe(instance),
      onMoved: () => options.onMoved(),
      onHush: (service) => options.onHush(this, service),
    });
    this.judge = new Judge({
      world,
      network,
      self: machine,
      peer: peer.machine,
      incarnation: this.#incarnation,
      trustsOnePath: bugs.trustsOnePath ?? false,
      digest: () => this.seat.digest,
      onBeatSent: (counter) => this.seat.step({ type: "beat-sent", counter }),
      onBeatHeard: ({ digest, ack }) => this.seat.step({ type: "beat-heard", digest, ...(ack && { ack }) }),
      onVerdict: (hub, verdict) => {
        if (hub !== this.#verdict) options.onVerdict(this, hub);
        this.#verdict = hub;
        this.seat.step({ type: "verdict", hub, machine: verdict });
      },
      onIsolated: (cutOff) => this.seat.step({ type: "isolated", cutOff }),
      onSlept: (ms) => this.seat.step({ type: "slept", ms }),
      onTick: () => this.seat.step({ type: "tick" }),
      atPeer: (arrive) => this.#atPeer((node) => arrive(node.judge)),
    });
    this.#probes = new Probes({
      network,
      self: machine,
      peer: peer.machine,
      own: self.enforcer,
      others: peer.enforcer,
      services: options.services.map(({ name }) => name),
      isPeerHubDead: () => this.judge.hub === "dead",
      onHealth: (service, of, health) => this.#onHealth(service, of, health),
    });
    machine.processes.hub.every(recordsEveryMs, () => this.#tickRecords());
    machine.processes.hub.every(reportEveryMs, () => this.#report());
  }

  heardReport(report: RecordsReport): void {
    this.records.heard(report);
  }

  heardHealth(service: string, machine: string, health: Health): void {
    this.seat.step({ type: "health", instance: `${machine}/${service}`, health });
  }

  #onHealth(service: string, of: string, health: Health): void {
    this.heardHealth(service, of, health);
    if (of === this.name) this.#toPeer("tcp", (node) => node.heardHealth(service, of, health));
  }

  #probe(instance: string): void {
    const [machine = "", service = ""] = instance.split("/");
    this.#probes.ask(service, machine);
  }

  #say(word: Word): void {
    const said = { incarnation: this.#incarnation, counter: ++this.#words, word };
    for (const path of ["tcp", "nats"] as const) this.#toPeer(path, (node) => node.#heardWord(said));
  }

  /** Only the newest, and only of the life whose beats are taken. */
  #heardWord({ incarnation, counter, word }: { incarnation: string; counter: number; word: Word }): void {
    if (incarnation !== this.judge.peerIncarnation) return;
    if (incarnation === this.#heard.incarnation && counter <= this.#heard.counter) return;
    this.#heard = { incarnation, counter };
    this.seat.step({ type: "word", word });
  }

  #tickRecords(): void {
    const { judge, records } = this;
    records.tick({ hubAlive: judge.hub === "alive", natsHeard: judge.isNatsHeard });
    const refilled = records.isRefilled || this.#options.bugs.failsBackBeforeRefill === true;
    const inSync = records.isInSync || this.#options.bugs.failsBackBeforeRefill === true;
    const text = `${inSync} ${refilled}`;
    if (text === this.#sync) return;
    this.#sync = text;
    this.#options.world.trace(() => `${this.name} in sync ${inSync}, refilled ${refilled}`);
    this.seat.step({ type: "sync", inSync, refilled });
  }

  #report(): void {
    const report = this.records.report();
    this.#toPeer("nats", (node) => node.heardReport(report));
  }

  #toPeer(path: Path, arrive: (node: HubNode) => void): void {
    const { network, self, peer } = this.#options;
    network.send(self.machine.name, peer.machine.name, path, () => this.#atPeer(arrive));
  }

  #atPeer(arrive: (node: HubNode) => void): void {
    const { peer } = this.#options;
    const node = peer.hub;
    peer.machine.processes.hub.deliver(() => {
      // What waits for a process that was replaced meanwhile is dropped with it.
      if (node !== undefined && node === peer.hub) arrive(node);
    });
  }
}
