/** A machine of the pair: its clock, disk and processes, and what happens to them when it loses power or its disk. */
import { MachineClock } from "./clock.ts";
import { Disk } from "./disk.ts";
import { Platter } from "./platter.ts";
import { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

/** In the order in which they are started. */
export const processNames = ["nats", "pushgateway", "router", "hub"] as const;
export type ProcessName = (typeof processNames)[number];

export class Machine {
  readonly name: string;
  readonly clock: MachineClock;
  readonly disk: Disk;
  platter = new Platter(0);
  isUp = false;
  isStopped = false;
  diskLostAtMs = Number.NEGATIVE_INFINITY;
  hubDiedAtMs = Number.NEGATIVE_INFINITY;
  readonly processes: Record<ProcessName, SimProcess>;
  onBoot: () => void = () => {};
  /** Called when a process begins a life. */
  onStart: (process: ProcessName) => void = () => {};
  /** Called when a process died or everything did: the kernel closes its sockets, unless the machine itself is gone. */
  onDeath: (process: ProcessName, kernelSays: boolean) => void = () => {};
  onDiskLost: () => void = () => {};
  readonly #world: World;

  constructor(world: World, name: string, driftLimit: number) {
    this.#world = world;
    this.name = name;
    this.clock = new MachineClock(world, driftLimit);
    this.disk = new Disk(world);
    const make = (process: ProcessName) => new SimProcess(world, this.clock, `${name}/${process}`);
    this.processes = { nats: make("nats"), pushgateway: make("pushgateway"), router: make("router"), hub: make("hub") };
  }

  boot(): void {
    if (this.isUp) return;
    this.#world.trace(() => `${this.name} boots`);
    this.isUp = true;
    this.clock.boot();
    this.onBoot();
    for (const name of processNames) this.start(name);
  }

  start(name: ProcessName): void {
    if (!this.isUp || !this.processes[name].isDead) return;
    this.processes[name].start();
    this.onStart(name);
  }

  kill(name: ProcessName, kernelSays = true): void {
    if (this.processes[name].isDead) return;
    this.processes[name].kill();
    // All that is written comes from the hub; its next life reads what stands then.
    if (name === "hub") this.disk.abandon();
    this.onDeath(name, kernelSays);
  }

  losePower(): void {
    if (!this.isUp) return;
    this.#world.trace(() => `${this.name} loses power`);
    for (const name of processNames) this.kill(name, false);
    this.isUp = false;
    this.isStopped = false;
    this.disk.abandon();
  }

  loseDisk(): void {
    this.losePower();
    this.#world.trace(() => `${this.name} loses its disk`);
    this.disk.generation++;
    this.diskLostAtMs = this.#world.nowMs;
    this.platter = new Platter(this.disk.generation);
    this.onDiskLost();
  }

  /** SIGSTOP of everything. */
  stop(): void {
    this.isStopped = true;
    for (const name of processNames) this.processes[name].stop();
  }

  resume(): void {
    this.isStopped = false;
    const names = [...processNames];
    while (names.length > 0) {
      const name = this.#world.random.pick(names);
      names.splice(names.indexOf(name), 1);
      this.processes[name].resume();
    }
  }
}
