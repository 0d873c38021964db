/** What goes wrong when, drawn from the world's seed: faults that overlap, and the words of an operator who does his best. */
import { type Fault, type FaultName, faultKinds, faultNames } from "./fault-kinds.ts";
import type { Side } from "./hub-node.ts";
import type { Pair } from "./pair.ts";
import { services } from "./services.ts";
import { witnessName } from "./witness.ts";

export class Faults {
  readonly #pair: Pair;
  /** What is wrong right now, by subject. */
  readonly #present = new Map<string, Fault>();
  readonly counts: Partial<Record<FaultName, number>> = {};
  /** Services that an operator moved away from home, or may have: they need not come back by themselves. */
  readonly orderedAway = new Set<string>();
  readonly #maintained = new Set<string>();
  #isOver = false;
  #endedAtMs = Number.NEGATIVE_INFINITY;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  /** Faults of all kinds come one after the other, `everyMs` apart on average, until they are ended. */
  storm(everyMs: number): void {
    const { random } = this.#pair.world;
    this.#pair.world.after(-Math.log(1 - random.next()) * everyMs, () => {
      if (this.#isOver) return;
      if (random.chance(0.15)) this.#order();
      else this.strike(random.pick(faultNames), this.#lengthMs());
      this.storm(everyMs);
    });
  }

  /** One kind of fault comes so often on average, each time for so long. */
  recur(name: FaultName, everyMs: number, lengthMs: number): void {
    const { random } = this.#pair.world;
    this.#pair.world.after(-Math.log(1 - random.next()) * everyMs, () => {
      if (this.#isOver) return;
      this.strike(name, lengthMs);
      this.recur(name, everyMs, lengthMs);
    });
  }

  /** When something was wrong last: now while anything is. */
  troubledAtMs(nowMs: number): number {
    return this.#present.size > 0 ? nowMs : this.#endedAtMs;
  }

  strike(name: FaultName, lengthMs: number): void {
    const { world, sides } = this.#pair;
    const fault = faultKinds[name](this.#pair, world.random.pick(sides));
    if (fault === undefined || this.#present.has(fault.subject)) return;
    this.#present.set(fault.subject, fault);
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    world.trace(() => `fault, ${Math.round(lengthMs)} ms: ${fault.text}`);
    fault.begin();
    world.after(lengthMs, () => {
      if (this.#present.get(fault.subject) !== fault) return;
      this.#present.delete(fault.subject);
      this.#endedAtMs = world.nowMs;
      world.trace(() => `over: ${fault.text}`);
      fault.end();
    });
  }

  /** The world is healed, and the operator ends what he began. */
  end(): void {
    this.#isOver = true;
    for (const fault of this.#present.values()) fault.end();
    this.#present.clear();
    this.#pair.heal();
    for (const subject of [...this.#maintained]) this.#endMaintenance(subject);
  }

  /** Mostly short; now and then a second or ten, seldom longer. */
  #lengthMs(): number {
    const { random } = this.#pair.world;
    return 50 * 400 ** random.next();
  }

  #order(): void {
    const { world, sides, hasWitness } = this.#pair;
    const { random } = world;
    const side = random.pick(sides);
    const { hub, machine } = side;
    if (hub === undefined || !machine.processes.hub.isRunning) return;
    const service = random.pick(services);
    switch (random.pick(["switchover", "switchover", "take", "maintenance"] as const)) {
      case "switchover":
        this.orderedAway.add(service.name);
        hub.seat.order({ kind: "switchover", service: service.name });
        break;
      case "take": {
        // He says so only when he has seen that the other machine is off; and he would have to keep it off for as long as
        // the witness, which is to tell it, cannot be reached.
        const other = this.#pair.other(side).machine;
        const isOff = !other.isUp && this.#present.has(other.name);
        if (isOff && hasWitness && !this.#isWitnessReached(machine.name)) return;
        if (service.singleWriter && !hasWitness && !isOff) return;
        this.orderedAway.add(service.name);
        hub.seat.order({ kind: "take", service: service.name, confirmPeerDead: isOff });
        break;
      }
      case "maintenance": {
        const subject = random.pick([service.name, machine.name]);
        if (this.#maintained.has(subject)) this.#endMaintenance(subject);
        else {
          this.#maintained.add(subject);
          for (const { hub: told, machine: at } of this.#pair.sides)
            if (at.processes.hub.isRunning) told?.seat.order({ kind: "maintenance", subject, on: true });
        }
      }
    }
  }

  #isWitnessReached(machine: string): boolean {
    const { network, witness } = this.#pair;
    const isCut = network.wire(machine, witnessName).isCut || network.wire(witnessName, machine).isCut;
    return witness.isUp && witness.slowMs === 0 && !isCut;
  }

  #endMaintenance(subject: string): void {
    this.#maintained.delete(subject);
    for (const side of this.#pair.sides) this.#endAt(side, subject);
  }

  #endAt(side: Side, subject: string): void {
    const { hub, machine } = side;
    if (hub === undefined || !machine.processes.hub.isRunning) {
      this.#pair.world.after(500, () => this.#endAt(side, subject));
      return;
    }
    hub.seat.order({ kind: "maintenance", subject, on: false });
  }
}
