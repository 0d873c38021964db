/** Reads the inventory's files and has what they hold checked. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../ops/error.ts";
import { checkFleet } from "./check.ts";
import { countOf, type Finding, type Places } from "./finding.ts";
import { checkMachines, pairOf } from "./machines.ts";
import { Batches, type Fleet, Inventory, type PlacedAgent } from "./model.ts";
import { portsToKeepFree, type ReservedPort } from "./reserved-ports.ts";
import { readSource, type Source } from "./source.ts";

/** The inventory of this repository. */
export const fleetDir = import.meta.dirname;
const ending = ".yaml";
const batchesFile = "batches.yaml";
const fileOf = (machine: string) => `${machine}${ending}`;
/** Looked for where they are not, too: the file that is missing is then named. */
const shipped = ["mainpc", "pc2"];

export interface LoadedFleet {
  fleet: Fleet;
  findings: Finding[];
}

/**
 * Never throws for what the files hold: what is wrong with them is among the findings.
 * @param reserved ports that nothing of the fleet may have @default those of a pair without configuration
 */
export function loadFleet(dir: string = fleetDir, reserved?: readonly ReservedPort[]): LoadedFleet {
  const inventories = machinesIn(dir).map((machine) => readSource(join(dir, fileOf(machine)), Inventory, machine));
  const batches = readSource(join(dir, batchesFile), Batches);
  const agents = inventories.map(({ value }) => (value === undefined ? [] : placeAgents(value)));
  const fleet: Fleet = {
    inventories: inventories.flatMap(({ value }) => value ?? []),
    agents: agents.flat(),
    batches: batches.value?.batches ?? [],
    corrections: batches.value?.corrections ?? [],
  };
  const unread = [...inventories.flatMap((source) => source.findings), ...batches.findings];
  // What is missing from a file that cannot be read would be reported as an error of the others.
  if (unread.length > 0) return { fleet, findings: unread };
  const places = placesOf(inventories, agents, batches);
  // Nor can anything be said of agents while it is not clear which machine is another's peer.
  const wrongMachines = checkMachines(fleet, places, fileOf);
  if (wrongMachines.length > 0) return { fleet, findings: wrongMachines };
  const taken = reserved ?? portsToKeepFree(pairOf(fleet).map(({ machine }) => machine));
  return { fleet, findings: checkFleet(fleet, places, taken) };
}

/** Machines that have a file there: every YAML file but that of the batches is named for one. */
function machinesIn(dir: string): string[] {
  const files = filesIn(dir).filter((file) => file.endsWith(ending) && file !== batchesFile);
  const machines = files.map((file) => file.slice(0, -ending.length)).sort();
  return machines.length < 2 && machines.every((machine) => shipped.includes(machine)) ? shipped : machines;
}

/** A folder that cannot be read shows in its files, which cannot be either. */
function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/**
 * @param reserved as for loadFleet
 * @throws OperatorError that names every error with its file and line
 */
export function requireFleet(dir: string = fleetDir, reserved?: readonly ReservedPort[]): Fleet {
  const { fleet, findings } = loadFleet(dir, reserved);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return fleet;
  const lines = errors.map(({ file, line, message }) => `  ${file}:${line}: ${message}`);
  throw new OperatorError(
    "fleet.errors",
    `the fleet's inventory in ${dir} has ${countOf(errors.length, "error")}:\n${lines.join("\n")}`,
    reserved === undefined
      ? "Mend them; `tandem fleet check` says for each what to do"
      : "Mend them, or set the keys of the stack that they name to free ports; `tandem fleet check` says more of the others",
  );
}

function placeAgents({ machine, agents }: Inventory): PlacedAgent[] {
  return agents.map((agent) => ({ ...agent, machine, id: `${machine}/${agent.name}` }));
}

/** @param agents of each inventory, as objects: two of one name are told apart by which object they are */
function placesOf(inventories: Source<Inventory>[], agents: PlacedAgent[][], batches: Source<Batches>): Places {
  const sourceOf = (machine: string) => inventories.find(({ value }) => value?.machine === machine);
  const indexOf = new Map(agents.flatMap((list) => list.map((agent, index) => [agent, index] as const)));
  return {
    machine: (name, ...keys) =>
      sourceOf(name)?.place(...(keys.length === 0 ? ["machine"] : keys)) ?? { file: fileOf(name), line: 1 },
    batch: (index, ...keys) => batches.place("batches", index, ...keys),
    correction: (index) => batches.place("corrections", index),
    agent: (agent, ...keys) =>
      sourceOf(agent.machine)?.place("agents", indexOf.get(agent) ?? -1, ...keys) ?? {
        file: fileOf(agent.machine),
        line: 1,
      },
  };
}
