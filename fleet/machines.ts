/** What kinds of machines a fleet has: the two of the pair, which have hubs, and satellites, whose agents a hub of it looks after. Pure. */
import { errorAt, type Finding, type Place, type Places } from "./finding.ts";
import type { Fleet, Inventory } from "./model.ts";

type Machines = Pick<Fleet, "inventories">;

export const isSatellite = ({ watchedBy }: Pick<Inventory, "watchedBy">): boolean => watchedBy !== undefined;

/** The two machines that keep watch over each other, in the order of their files. */
export const pairOf = ({ inventories }: Machines): Inventory[] => inventories.filter((one) => !isSatellite(one));

/** A machine without a hub of its own, and the one whose hub looks after its agents. */
export interface Satellite {
  name: string;
  watchedBy: string;
}

export const satellitesOf = ({ inventories }: Machines): Satellite[] =>
  inventories.flatMap(({ machine, watchedBy }) => (watchedBy === undefined ? [] : [{ name: machine, watchedBy }]));

/** The other machine of the pair: where standbys of this one's agents stand. Undefined for a satellite, which has none. */
export function peerOf(machine: string, fleet: Machines): string | undefined {
  const pair = pairOf(fleet).map((inventory) => inventory.machine);
  return pair.includes(machine) ? pair.find((name) => name !== machine) : undefined;
}

/** @param fileOf the file of a machine's inventory, of one that is not there too */
export function checkMachines(fleet: Machines, places: Places, fileOf: (machine: string) => string): Finding[] {
  const pair = pairOf(fleet);
  const names = pair.map(({ machine }) => machine);
  return [
    ...checkCount(names, fleet, places, { file: fileOf(names[0] ?? "mainpc"), line: 1 }),
    ...fleet.inventories.flatMap((inventory) => checkWatch(inventory, names, places)),
    ...pair
      .filter(({ agents }) => agents.length === 0)
      .map(({ machine }) =>
        errorAt(places.machine(machine), "machine.empty", `${machine} has no agents`, "Give it one at least"),
      ),
  ];
}

function checkCount(pair: string[], fleet: Machines, places: Places, nowhere: Place): Finding[] {
  if (pair.length === 2) return [];
  const next = "State watchedBy: <machine> in each file but those of the two machines that have a hub";
  const [, , ...more] = pair;
  if (more.length === 0) {
    const have = pair.length === 0 ? "none does" : `only ${pair[0]} does`;
    const watched = satellitesOf(fleet).map(({ name }) => name);
    const but =
      watched.length === 0 ? "" : ` (${watched.join(" and ")} ${watched.length === 1 ? "is" : "are"} watched)`;
    const message = `a pair has two machines without watchedBy, and ${have}${but}`;
    const place = pair[0] === undefined ? nowhere : places.machine(pair[0]);
    return [errorAt(place, "machine.pair", message, "Add the file of the missing one, or take its watchedBy out")];
  }
  return more.map((machine) => {
    const message = `${machine} has no watchedBy, as ${pair.filter((name) => name !== machine).join(" and ")} have none, and a pair has two machines`;
    return errorAt(places.machine(machine), "machine.pair", message, next);
  });
}

function checkWatch(inventory: Inventory, pair: string[], places: Places): Finding[] {
  const { machine, watchedBy, agents } = inventory;
  if (watchedBy === undefined) return [];
  const findings: Finding[] = [];
  if (!pair.includes(watchedBy)) {
    const message = `${machine} is watched by ${watchedBy}, which is no machine of the pair`;
    const next = `Write one of the two that have a hub: ${pair.join(" or ")}`;
    findings.push(errorAt(places.machine(machine, "watchedBy"), "machine.watch", message, next));
  }
  for (const [index, { isHub, name }] of agents.entries()) {
    if (!isHub) continue;
    const message = `${machine}/${name} is a hub, but ${machine} is watched by the hub of ${watchedBy} and has none`;
    const place = places.machine(machine, "agents", index, "isHub");
    findings.push(errorAt(place, "hub.satellite", message, "Take isHub out, or the whole entry"));
  }
  return findings;
}
