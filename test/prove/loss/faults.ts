/**
 * What is done to the pair: SIGKILL and SIGSTOP of any process, of a machine, of both; a leaf or everything between the
 * machines cut or frozen; a full disk. Faults overlap; what one of them holds, no other takes.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { BareMachine, BarePair } from "../../support/bare-pair.ts";
import type { Killable } from "../../support/killable.ts";
import type { HubDeath } from "./push.ts";
import type { Random } from "./random.ts";
import type { SmallDisk } from "./small-disk.ts";

interface Fault {
  /** For the summary: `kill hub`, `freeze machine`, `cut leaf`. */
  kind: string;
  /** What it holds, by name. */
  holds: string[];
  begin(): Promise<void> | void;
  heal(): Promise<void> | void;
}

export interface FaultsOptions {
  pair: BarePair;
  random: Random;
  /** Disk of pc2 that can be filled; undefined where that is not possible. */
  disk: SmallDisk | undefined;
  onFault(kind: string, holds: string[]): void;
  onHubDeath(death: HubDeath): void;
}

/** Most faults are short, so that many of them meet the pair while it comes back; some last long enough to be judged dead, ms. */
const shortMs = 500;
const longestMs = 2_500;

export class Faults {
  readonly #options: FaultsOptions;
  readonly #held = new Set<string>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** Begins a fault now and then until the signal comes; resolves when all of them are healed. */
  async run(signal: AbortSignal): Promise<void> {
    const { random } = this.#options;
    while (!signal.aborted) {
      // A storm of faults, then some that leave time to come back in sync.
      const [low, high] = random.chance(0.6) ? [150, 700] : [800, 3_000];
      for (let i = random.between(3, 8); i > 0 && !signal.aborted; i--) {
        await pause(random.between(low, high), undefined, { signal }).catch(() => {});
        if (!signal.aborted) this.#begin();
      }
    }
    await Promise.all(this.#running);
  }

  #begin(): void {
    const { random, onFault } = this.#options;
    const free = this.#possible().filter(({ holds }) => holds.every((name) => !this.#held.has(name)));
    const kinds = [...new Set(free.map(({ kind }) => kind))];
    if (kinds.length === 0) return;
    const kind = random.pick(kinds);
    const fault = random.pick(free.filter((candidate) => candidate.kind === kind));
    const lastsMs = random.between(20, random.chance(0.7) ? shortMs : longestMs);
    for (const name of fault.holds) this.#held.add(name);
    onFault(fault.kind, fault.holds);
    const running = this.#play(fault, lastsMs).finally(() => {
      for (const name of fault.holds) this.#held.delete(name);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  async #play({ begin, heal }: Fault, lastsMs: number): Promise<void> {
    await begin();
    await pause(lastsMs);
    await heal();
  }

  #possible(): Fault[] {
    const { pair, disk } = this.#options;
    const groups: [string, Killable[]][] = [
      ...pair.parts.map((part): [string, Killable[]] => [part.spec.name, [part]]),
      ...pair.both.map((machine): [string, Killable[]] => ["machine", partsOf(machine)]),
      ["both machines", pair.parts],
    ];
    const { links } = pair;
    const faults = groups.flatMap(([name, parts]) => [this.#kill(name, parts), freeze(name, parts)]);
    for (const [name, cut] of [
      ["leaf", links ? [links.leaf] : []],
      ["all links", links?.all ?? []],
    ] as const) {
      const holds = cut.map(({ port }) => `link ${port}`);
      const heal = async () => void (await Promise.all(cut.map((link) => link.open())));
      faults.push({ kind: `cut ${name}`, holds, begin: () => cut.forEach((link) => void link.cut()), heal });
      faults.push({ kind: `freeze ${name}`, holds, begin: () => cut.forEach((link) => void link.freeze()), heal });
    }
    if (disk !== undefined)
      faults.push({ kind: "full disk", holds: ["disk"], begin: () => disk.fill(), heal: () => disk.free() });
    return faults;
  }

  #kill(name: string, parts: Killable[]): Fault {
    const { onHubDeath, pair } = this.#options;
    const begin = async () => {
      await Promise.all(parts.map((part) => part.kill()));
      for (const { name: hub, parts: own } of pair.both)
        if (parts.includes(own.hub)) onHubDeath({ hub, atMs: Date.now() });
    };
    return {
      kind: `kill ${name}`,
      holds: labels(parts),
      begin,
      heal: () => parts.forEach((part) => void part.start()),
    };
  }
}

function freeze(name: string, parts: Killable[]): Fault {
  return {
    kind: `freeze ${name}`,
    holds: labels(parts),
    begin: () => parts.forEach((part) => void part.freeze()),
    heal: () => parts.forEach((part) => void part.thaw()),
  };
}

const labels = (parts: Killable[]) => parts.map(({ label }) => label);
const partsOf = ({ parts }: BareMachine) => [parts.nats, parts.pushgateway, parts.hub];
