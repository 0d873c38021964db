/**
 * A machine's router and supervisor, as far as they decide who acts: they outlive the hub, obey no lower epoch than the one on
 * their disk, and let a lease run out by themselves. Beside it the instances that they let work.
 */
import type { Machine } from "./machine.ts";
import type { World } from "./world.ts";

export interface ActWord {
  service: string;
  epoch: number;
  /** Whether this machine's instance may act. */
  acts: boolean;
  /** On this machine's monotonic clock; null without a lease. */
  untilMonoMs: number | null;
  /** Machine to which clients are carried; null when they wait. */
  route: string | null;
}

export type AgentState = "well" | "hung" | "crashed" | "off";

export class Enforcer {
  readonly #world: World;
  readonly #machine: Machine;
  /** Of services whose standby is started on takeover only. */
  readonly #cold: ReadonlySet<string>;
  readonly #words = new Map<string, ActWord>();
  readonly #agents = new Map<string, AgentState>();
  readonly #illAtMs = new Map<string, number>();
  refused = 0;

  constructor(world: World, machine: Machine, services: readonly string[], cold: ReadonlySet<string>) {
    this.#world = world;
    this.#machine = machine;
    this.#cold = cold;
    for (const service of services) this.#agents.set(service, cold.has(service) ? "off" : "well");
  }

  /** From this machine's hub. */
  told(word: ActWord): void {
    if (!this.#machine.processes.router.isRunning) return;
    const { floors } = this.#machine.platter;
    if (word.epoch < (floors.get(word.service) ?? 0)) {
      this.refused++;
      return;
    }
    floors.set(word.service, word.epoch);
    this.#words.set(word.service, word);
    if (this.#cold.has(word.service)) this.#runCold(word);
  }

  word(service: string): ActWord | undefined {
    return this.#machine.processes.router.isRunning ? this.#words.get(service) : undefined;
  }

  /** The epoch in which this machine's instance acts at this very moment; undefined when it does not. */
  actingEpoch(service: string): number | undefined {
    const { isUp, isStopped, clock } = this.#machine;
    const word = this.word(service);
    if (!isUp || isStopped || word === undefined || !word.acts) return undefined;
    const agent = this.agent(service);
    if (agent === "off" || agent === "crashed") return undefined;
    return word.untilMonoMs === null || clock.monoMs < word.untilMonoMs ? word.epoch : undefined;
  }

  agent(service: string): AgentState {
    return this.#agents.get(service) ?? "off";
  }

  /** When it last turned well or ill, started or stopped. */
  illAtMs(service: string): number {
    return this.#illAtMs.get(service) ?? Number.NEGATIVE_INFINITY;
  }

  setAgent(service: string, state: AgentState): void {
    // What is not started can neither crash nor hang.
    if (this.agent(service) === "off" && state !== "well") return;
    if (this.#cold.has(service) && state === "well" && !this.#mayRun(service)) state = "off";
    this.#switch(service, state);
  }

  /** The router's memory is gone: it holds everything until it is told anew. */
  forget(): void {
    this.#words.clear();
  }

  /** Power came back: agents start by themselves, cold ones do not. */
  booted(): void {
    for (const service of this.#agents.keys()) this.#agents.set(service, this.#cold.has(service) ? "off" : "well");
  }

  #switch(service: string, state: AgentState): void {
    if (this.agent(service) === state) return;
    // It was ill until now, or is from now on.
    this.#illAtMs.set(service, this.#world.nowMs);
    this.#agents.set(service, state);
  }

  #mayRun(service: string): boolean {
    const word = this.word(service);
    if (word === undefined || !word.acts) return false;
    return word.untilMonoMs === null || this.#machine.clock.monoMs < word.untilMonoMs;
  }

  #runCold({ service, acts }: ActWord): void {
    if (!acts) this.#switch(service, "off");
    else if (this.agent(service) === "off") {
      this.#world.after(this.#world.random.between(300, 1_500), () => {
        if (this.agent(service) === "off" && this.#mayRun(service)) this.#switch(service, "well");
      });
    }
  }
}
