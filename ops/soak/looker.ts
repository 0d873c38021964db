/** Takes a look a second: asks both hubs, reads what processes use, and tells of those that began anew. */
import { lookAtHub, type OwnMetrics, ownMetrics, useBetween } from "./hub-look.ts";
import type { Look } from "./look.ts";
import { sharesOf } from "./machine-shares.ts";
import type { SoakedPair } from "./pair.ts";
import type { MachineUse, ProcessUse, SoakEvent } from "./slice.ts";

/** A hub's metrics are the whole fleet's: to ask for them each second would be a load of its own. */
const metricsEveryMs = 10_000;
/** Both machines of a local run are this one. */
const thisComputer = "this computer";

interface Reading {
  atMs: number;
  own: OwnMetrics;
}

export class Looker {
  readonly #pair: SoakedPair;
  readonly #tell: (event: SoakEvent) => void;
  readonly #now: () => number;
  readonly #readings = new Map<string, Reading>();
  readonly #uses = new Map<string, ProcessUse>();
  /** Of machines elsewhere, by the word of their hubs. */
  readonly #machines = new Map<string, MachineUse>();
  readonly #lives = new Map<string, number>();
  #metricsAtMs = 0;
  /** Whether it was told of that no process of the local pair is seen. */
  #isBlind = false;
  #last: Look | undefined;

  constructor(pair: SoakedPair, tell: (event: SoakEvent) => void, now: () => number) {
    this.#pair = pair;
    this.#tell = tell;
    this.#now = now;
  }

  get last(): Look | undefined {
    return this.#last;
  }

  /** @param lateMs how late it is */
  async look(lateMs: number): Promise<Look> {
    const { hubs, proc } = this.#pair;
    const atMs = this.#now();
    if (atMs >= this.#metricsAtMs) {
      this.#metricsAtMs = atMs + metricsEveryMs;
      // Nobody waits for it: it comes with a later look.
      for (const hub of hubs) void this.#readMetrics(hub);
    }
    const machines: Record<string, MachineUse> =
      proc === undefined ? taken(this.#machines) : { [thisComputer]: proc.machine() };
    const processes = proc === undefined ? taken(this.#uses) : this.#withHeap(proc.processes(atMs));
    this.#noteBlindness(processes, atMs);
    this.#noteLives(processes, atMs);
    this.#last = { atMs, hubs: await Promise.all(hubs.map(lookAtHub)), machines, processes, lateMs };
    return this.#last;
  }

  async #readMetrics(hub: SoakedPair["hubs"][number]): Promise<void> {
    const own = await ownMetrics(hub);
    const name = `${hub.name}/hub`;
    if (own === undefined) return;
    const reading = { atMs: this.#now(), own };
    const before = this.#readings.get(name);
    this.#uses.set(name, useBetween(before, reading));
    if (own.machine !== undefined) this.#machines.set(hub.name, sharesOf(before?.own.machine, own.machine));
    this.#readings.set(name, reading);
  }

  #withHeap(processes: Record<string, ProcessUse>): Record<string, ProcessUse> {
    for (const [name, { heap }] of Object.entries(taken(this.#uses))) {
      const process = processes[name];
      if (process !== undefined) processes[name] = { ...process, heap };
    }
    return processes;
  }

  #noteBlindness(processes: Record<string, ProcessUse>, atMs: number): void {
    const { proc } = this.#pair;
    if (proc === undefined) return;
    const isBlind = Object.keys(processes).length === 0;
    if (isBlind && !this.#isBlind) {
      const what = `no process has ${proc.folder} in its command line: what the pair uses is not measured, and no leak is seen`;
      this.#tell({ atMs, toMs: null, kind: "problem", what });
    }
    this.#isBlind = isBlind;
  }

  #noteLives(processes: Record<string, ProcessUse>, atMs: number): void {
    for (const [name, { life }] of Object.entries(processes)) {
      const known = this.#lives.get(name);
      this.#lives.set(name, life);
      if (known !== undefined && known !== life)
        this.#tell({ atMs, toMs: null, kind: "process", what: `${name} ended, and began anew` });
    }
  }
}

/** A reading counts once. */
function taken<Use>(uses: Map<string, Use>): Record<string, Use> {
  const all = Object.fromEntries(uses);
  uses.clear();
  return all;
}
