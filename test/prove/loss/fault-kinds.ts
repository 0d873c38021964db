/**
 * What can be done to the pair: SIGKILL and SIGSTOP of any process, of a machine, of both; a leaf or everything between the
 * machines cut or frozen; a full disk.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { SmallDisk } from "../../../ops/chaos/small-disk.ts";
import type { BareMachine, BarePair } from "../../support/bare-pair.ts";
import type { Killable } from "../../support/killable.ts";
import type { HubDeath } from "./push.ts";

export interface Fault {
  /** For the summary: `kill hub`, `freeze machine`, `cut leaf`. */
  kind: string;
  /** What it holds, by name; no other fault takes that meanwhile. */
  holds: string[];
  begin(): Promise<void> | void;
  heal(): Promise<void> | void;
}

export interface Means {
  pair: BarePair;
  /** Disk of pc2 that can be filled; undefined where that is not possible. */
  disk: SmallDisk | undefined;
  /** Resolves when a kill shall come: at once, or within the very answer to a push. */
  momentToKill(): Promise<void>;
  onHubDeath(death: HubDeath): void;
}

/** Time for clients to push to a hub whose NATS is frozen, ms. */
const unstoredMs = 200;

export function faultKinds(means: Means): Fault[] {
  const { pair, disk } = means;
  const groups: [string, Killable[]][] = [
    ...pair.parts.map((part): [string, Killable[]] => [part.spec.name, [part]]),
    ...pair.both.map((machine): [string, Killable[]] => ["machine", partsOf(machine)]),
    ["both machines", pair.parts],
  ];
  return [
    ...groups.flatMap(([name, parts]) => [kill(name, parts, means), freeze(name, parts)]),
    ...pair.both.map((machine) => killUnstored(machine, means)),
    ...linkFaults(pair),
    ...(disk === undefined ? [] : [fullDisk(disk)]),
  ];
}

function kill(name: string, parts: Killable[], { pair, momentToKill, onHubDeath }: Means): Fault {
  return {
    kind: `kill ${name}`,
    holds: labels(parts),
    begin: async () => {
      await momentToKill();
      await Promise.all(parts.map((part) => part.kill()));
      for (const { name: hub, parts: own } of pair.both)
        if (parts.includes(own.hub)) onHubDeath({ hub, atMs: Date.now() });
    },
    heal: () => parts.forEach((part) => void part.start()),
  };
}

/** A hub dies while its NATS takes nothing: what it has accepted meanwhile is nowhere else, and must not be acknowledged. */
function killUnstored({ parts: { nats, hub } }: BareMachine, means: Means): Fault {
  const killHub = kill("hub beside a frozen NATS", [hub], means);
  return {
    ...killHub,
    holds: labels([nats, hub]),
    begin: async () => {
      nats.freeze();
      await pause(unstoredMs);
      await killHub.begin();
    },
    heal: async () => {
      nats.thaw();
      await killHub.heal();
    },
  };
}

function freeze(name: string, parts: Killable[]): Fault {
  return {
    kind: `freeze ${name}`,
    holds: labels(parts),
    begin: () => parts.forEach((part) => void part.freeze()),
    heal: () => parts.forEach((part) => void part.thaw()),
  };
}

function linkFaults({ links }: BarePair): Fault[] {
  if (links === undefined) return [];
  const named = [
    ["leaf", [links.leaf]],
    ["all links", links.all],
  ] as const;
  return named.flatMap(([name, which]): Fault[] => {
    const holds = which.map(({ port }) => `link ${port}`);
    const heal = async () => void (await Promise.all(which.map((link) => link.open())));
    return [
      { kind: `cut ${name}`, holds, begin: () => which.forEach((link) => void link.cut()), heal },
      { kind: `freeze ${name}`, holds, begin: () => which.forEach((link) => void link.freeze()), heal },
    ];
  });
}

function fullDisk(disk: SmallDisk): Fault {
  return { kind: "full disk", holds: ["disk"], begin: () => disk.fill(), heal: () => disk.free() };
}

const labels = (parts: Killable[]) => parts.map(({ label }) => label);
const partsOf = ({ parts }: BareMachine) => [parts.nats, parts.pushgateway, parts.hub];
