/** The whole simulated site: two machines with all that stands on them, the wires between them, and a witness. */
import { FailoverLimits } from "../../hub/core/failover/limits.ts";
import type { RecordPosition } from "../../hub/core/record.ts";
import type { Verdict } from "../../hub/core/verdict.ts";
import { Enforcer } from "./enforcer.ts";
import { type Bugs, HubNode, type Side } from "./hub-node.ts";
import { gatewayName } from "./judge.ts";
import { Machine, processNames } from "./machine.ts";
import { NatsServer } from "./nats-server.ts";
import { Network } from "./network.ts";
import type { Replication } from "./records.ts";
import type { Written } from "./seat.ts";
import { machineNames, services } from "./services.ts";
import { Witness, witnessName } from "./witness.ts";
import type { World } from "./world.ts";

export interface PairOptions {
  world: World;
  hasWitness: boolean;
  limits?: Partial<FailoverLimits>;
  bugs?: Bugs;
}

/** What checks look at when it happens. */
export interface Observer {
  verdict(node: HubNode, verdict: Verdict): void;
  moved(): void;
  /** A hub asks its machine to stop acting for a service, to hand it over. */
  hushes(node: HubNode, service: string): void;
  acknowledged(origin: Side, position: RecordPosition, how: Replication): void;
  diskLost(side: Side): void;
}

const driftLimit = 0.02;
const cold = new Set(services.filter(({ mode }) => mode === "cold").map(({ name }) => name));
const serviceNames = services.map(({ name }) => name);
const places = [...machineNames, gatewayName, witnessName];

export class Pair {
  readonly world: World;
  readonly network: Network;
  readonly witness: Witness<Written>;
  readonly hasWitness: boolean;
  readonly sides: readonly [Side, Side];
  readonly limits: FailoverLimits;
  observer: Observer = {
    verdict: () => {},
    moved: () => {},
    hushes: () => {},
    acknowledged: () => {},
    diskLost: () => {},
  };
  readonly #bugs: Bugs;

  constructor({ world, hasWitness, limits = {}, bugs = {} }: PairOptions) {
    this.world = world;
    this.hasWitness = hasWitness;
    this.limits = FailoverLimits.parse(limits);
    this.#bugs = bugs;
    this.network = new Network(world);
    this.witness = new Witness(world, this.network);
    const [first, second] = machineNames;
    this.sides = [this.#makeSide(first), this.#makeSide(second)];
    for (const side of this.sides) this.#wire(side);
  }

  other(side: Side): Side {
    return side === this.sides[0] ? this.sides[1] : this.sides[0];
  }

  /** The side of that machine. */
  side(name: string): Side {
    return this.sides[0].machine.name === name ? this.sides[0] : this.sides[1];
  }

  boot(): void {
    for (const { machine } of this.sides) machine.boot();
  }

  /** Every fault ends: what is off is started, what is cut is joined, what is held is let go. */
  heal(): void {
    this.world.trace(() => "all faults end");
    for (const from of places) for (const to of places) if (from !== to) this.network.mend(from, to);
    this.witness.isUp = true;
    this.witness.slowMs = 0;
    for (const { machine, enforcer } of this.sides) {
      machine.disk.isFull = false;
      machine.disk.syncMs = 2;
      machine.resume();
      machine.boot();
      for (const name of processNames) machine.start(name);
      for (const path of ["udp", "tcp", "nats"] as const) this.network.openPath(machine.name, path);
      for (const name of serviceNames) enforcer.setAgent(name, "well");
    }
  }

  #makeSide(name: string): Side {
    const machine = new Machine(this.world, name, driftLimit);
    const nats = new NatsServer(machine, this.network);
    const enforcer = new Enforcer(this.world, machine, serviceNames, cold);
    return { machine, nats, enforcer, hub: undefined };
  }

  #wire(side: Side): void {
    const { machine, nats, enforcer } = side;
    const { network } = this;
    machine.onBoot = () => enforcer.booted();
    machine.onDiskLost = () => this.observer.diskLost(side);
    machine.onStart = (process) => {
      this.world.trace(() => `${machine.name}/${process} starts`);
      if (process === "hub") side.hub = this.#makeHub(side);
      if (process === "nats") network.openPath(machine.name, "nats");
    };
    machine.onDeath = (process, kernelSays) => {
      this.world.trace(() => `${machine.name}/${process} dies`);
      if (process === "nats") {
        network.closePath(machine.name, "nats");
        nats.died();
      }
      if (process === "router") enforcer.forget();
      if (process !== "hub") return;
      side.hub = undefined;
      machine.hubDiedAtMs = this.world.nowMs;
      if (kernelSays) this.#closeSocket(side);
    };
  }

  #closeSocket(side: Side): void {
    const other = this.other(side);
    this.network.send(side.machine.name, other.machine.name, "tcp", () => {
      const { hub } = other;
      other.machine.processes.hub.deliver(() => {
        if (hub === other.hub) hub?.judge.refused("tcp");
      });
    });
  }

  #makeHub(side: Side): HubNode {
    const { world, network, witness, hasWitness, limits } = this;
    return new HubNode({
      world,
      network,
      witness,
      hasWitness,
      self: side,
      peer: this.other(side),
      services,
      limits,
      bugs: this.#bugs,
      onVerdict: (node, verdict) => this.observer.verdict(node, verdict),
      onMoved: () => this.observer.moved(),
      onHush: (node, service) => this.observer.hushes(node, service),
      onAcknowledged: (origin, position, how) => this.observer.acknowledged(this.side(origin), position, how),
    });
  }
}
