/**
 * What must hold in every step of the simulated world, whatever was broken in it. A violation is thrown, so that a run ends where
 * it happened.
 */
import type { RecordPosition } from "../../hub/core/record.ts";
import type { Verdict } from "../../hub/core/verdict.ts";
import type { HubNode, Side } from "./hub-node.ts";
import type { Pair } from "./pair.ts";
import { maxWaitingPushes, type Replication } from "./records.ts";
import { services } from "./services.ts";

export class Violation extends Error {
  override readonly name = "Violation";
}

interface Acknowledged {
  origin: Side;
  position: RecordPosition;
  how: Replication;
  atMs: number;
}

/** Events between two looks at the queues. */
const looksAtQueuesEvery = 500;
const maxDiskQueue = 100;
/** A beat that came so shortly before proves the verdict `dead` wrong, whatever path it took. */
const provesLifeMs = 200;
/** The kernel's word of a death may be overtaken by a start. */
const diedLatelyMs = 2_000;
/** Records acknowledged so long before a failback must be at home by then: the pair counts as in sync with a lag of 1 s. */
const refilledWithinMs = 2_000;

export class Checks {
  readonly #pair: Pair;
  readonly #highest = new Map<string, number>();
  /** Only those that are still to be held: a lost disk takes those with it that were nowhere else. */
  #acknowledged: Acknowledged[] = [];
  #steps = 0;
  readonly counts = { peer: 0, local: 0, lostWithDisk: 0, moves: 0 };
  /** Verdicts `dead` about a hub that lived and was reachable. */
  falseVerdicts = 0;

  constructor(pair: Pair) {
    this.#pair = pair;
    pair.world.afterEach = () => this.#afterEach();
    pair.observer = {
      verdict: (node, verdict) => this.#verdict(node, verdict),
      moved: () => this.counts.moves++,
      hushes: (node, service) => this.#hushes(node, service),
      acknowledged: (origin, position, how) => this.#acknowledge(origin, position, how),
      diskLost: (side) => this.#diskLost(side),
    };
  }

  /** Every acknowledged record stands on a disk. */
  records(): void {
    for (const record of this.#acknowledged)
      if (!this.#stands(record)) throw new Violation(`lost: ${describe(record)} stands on no disk`);
  }

  #afterEach(): void {
    this.#owners();
    if (++this.#steps % looksAtQueuesEvery === 0) this.#queues();
  }

  #owners(): void {
    const [a, b] = this.#pair.sides;
    for (const { name, singleWriter } of services) {
      const [ofA, ofB] = [a.enforcer.actingEpoch(name), b.enforcer.actingEpoch(name)];
      if (ofA !== undefined && ofB !== undefined && (singleWriter || ofA === ofB))
        throw new Violation(`two act for ${name}: ${a.machine.name} in epoch ${ofA}, ${b.machine.name} in ${ofB}`);
      if (ofA !== undefined) this.#notStale(a, name, singleWriter, ofA);
      if (ofB !== undefined) this.#notStale(b, name, singleWriter, ofB);
    }
  }

  /** A single writer's epochs only grow, wherever it acts; those of others only grow on each machine. */
  #notStale({ machine }: Side, service: string, singleWriter: boolean, epoch: number): void {
    const key = singleWriter ? service : `${machine.name}.${machine.disk.generation}/${service}`;
    const highest = this.#highest.get(key) ?? 0;
    if (epoch < highest) throw new Violation(`${machine.name} acts for ${service} in ${epoch}, after epoch ${highest}`);
    if (epoch > highest) this.#highest.set(key, epoch);
  }

  #queues(): void {
    for (const { machine, hub } of this.#pair.sides) {
      if (machine.disk.queued > maxDiskQueue)
        throw new Violation(`${machine.disk.queued} writes wait for the disk of ${machine.name}`);
      const waiting = hub?.records.waitingPushes ?? 0;
      if (waiting > maxWaitingPushes) throw new Violation(`${waiting} pushes wait in the hub of ${machine.name}`);
    }
  }

  #verdict(node: HubNode, verdict: Verdict): void {
    if (verdict !== "dead") return;
    const peer = this.#pair.other(this.#pair.side(node.name)).machine;
    const self = this.#pair.side(node.name).machine;
    if (!peer.processes.hub.isRunning || this.#pair.world.nowMs - peer.hubDiedAtMs < diedLatelyMs) return;
    const silentMs = self.clock.monoMs - node.judge.arrivedAtMs;
    if (silentMs < provesLifeMs)
      throw new Violation(`${node.name} calls the peer's hub dead ${Math.round(silentMs)} ms after it heard it`);
    this.falseVerdicts++;
  }

  /** A failback begins only when the home holds again what the standby has; what leaves an ill instance does not wait. */
  #hushes(node: HubNode, service: string): void {
    const standby = this.#pair.side(node.name);
    const home = this.#pair.other(standby);
    const oldMs = this.#pair.world.nowMs - refilledWithinMs;
    if (services.find(({ name }) => name === service)?.home === node.name) return;
    // Nobody can know yet of a disk that was lost a moment ago.
    const diedLately = home.hub === undefined || this.#pair.world.nowMs - home.machine.hubDiedAtMs < diedLatelyMs;
    const isIll = standby.enforcer.agent(service) !== "well" || standby.enforcer.illAtMs(service) > oldMs;
    if (isIll || diedLately) return;
    for (const record of this.#acknowledged) {
      if (record.atMs > oldMs || holdsIn(home, record) || !holdsIn(standby, record)) continue;
      throw new Violation(`${service} goes home to ${home.machine.name}, which lacks ${describe(record)}`);
    }
  }

  #acknowledge(origin: Side, position: RecordPosition, how: Replication): void {
    const record = { origin, position, how, atMs: this.#pair.world.nowMs };
    this.counts[how]++;
    this.#acknowledged.push(record);
    if (!holdsIn(origin, record)) throw new Violation(`${describe(record)} is not on the disk of its origin`);
    const peer = this.#pair.other(origin);
    // The peer's word may be under way still when its disk is gone.
    const lostLately = this.#pair.world.nowMs - peer.machine.diskLostAtMs < diedLatelyMs;
    if (how === "peer" && !lostLately && !holdsIn(peer, record))
      throw new Violation(`${describe(record)} is not on the peer's disk`);
  }

  #diskLost(lost: Side): void {
    const gone = this.#acknowledged.filter((record) => !this.#stands(record));
    for (const record of gone)
      if (record.how === "peer" || record.origin !== lost)
        throw new Violation(`lost with the disk of ${lost.machine.name}: ${describe(record)}`);
    this.counts.lostWithDisk += gone.length;
    if (gone.length > 0) this.#acknowledged = this.#acknowledged.filter((record) => this.#stands(record));
  }

  #stands(record: Acknowledged): boolean {
    return this.#pair.sides.some((side) => holdsIn(side, record));
  }
}

function holdsIn({ machine }: Side, { origin, position }: Acknowledged): boolean {
  return machine.platter.has(machine === origin.machine ? "own" : "copy", position);
}

const describe = ({ origin, position, how, atMs }: Acknowledged) =>
  `${origin.machine.name}:${position.incarnation}:${position.seq}, acknowledged ${how} at ${(atMs / 1_000).toFixed(3)} s`;

/** Whether both disks hold the same records. */
export function holdTheSame(pair: Pair): boolean {
  return pair.sides.every((origin) => {
    const own = origin.machine.platter.ids("own");
    const copy = pair.other(origin).machine.platter.ids("copy");
    return origin.machine.platter.spool.length === 0 && own.size === copy.size && [...own].every((id) => copy.has(id));
  });
}
