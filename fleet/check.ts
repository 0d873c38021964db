/** Checks a whole fleet; each kind of check has a file of its own beside, names have theirs here. Pure. */
import { checkBatches } from "./check-batches.ts";
import { checkContainers } from "./check-containers.ts";
import { checkCycles, checkDependencies } from "./check-dependencies.ts";
import { checkPorts } from "./check-ports.ts";
import { checkStandbys } from "./check-standbys.ts";
import { errorAt, type Finding, noteAt, type Places } from "./finding.ts";
import type { Fleet, PlacedAgent } from "./model.ts";
import type { ReservedPort } from "./reserved-ports.ts";

/** In the order of files and lines; errors and notes together. */
export function checkFleet(fleet: Fleet, places: Places, reserved: readonly ReservedPort[]): Finding[] {
  const findings = [
    ...checkNames(fleet, places),
    ...checkHubs(fleet, places),
    ...checkDependencies(fleet, places),
    ...checkCycles(fleet, places),
    ...checkPorts(fleet, places, reserved),
    ...checkStandbys(fleet, places),
    ...checkContainers(fleet, places),
    ...checkBatches(fleet, places),
  ];
  return findings.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

function checkNames({ agents }: Fleet, places: Places): Finding[] {
  const ids = new Set<string>();
  const logs = new Map<string, PlacedAgent>();
  const first = new Map<string, PlacedAgent>();
  return agents.flatMap((agent) => {
    const place = places.agent(agent, "name");
    if (ids.has(agent.id)) {
      return errorAt(place, "name.twice", `${agent.name} stands twice on ${agent.machine}`, "Rename one of them");
    }
    ids.add(agent.id);
    // An agent's log is named for it in lower case, and rotated by its one writer.
    const other = logs.get(agent.id.toLowerCase());
    if (other !== undefined) {
      const message = `${agent.id} and ${other.id} would write one log, ${agent.name.toLowerCase()}.log`;
      return errorAt(place, "name.log", message, "Rename one of them");
    }
    logs.set(agent.id.toLowerCase(), agent);
    const twin = first.get(agent.name);
    if (twin === undefined) first.set(agent.name, agent);
    if (twin === undefined || (twin.isHub && agent.isHub)) return [];
    const message = `${agent.name} stands on ${twin.machine} and on ${agent.machine}; they are told apart as ${twin.id} and ${agent.id}`;
    return noteAt(place, "name.both", message);
  });
}

/** A machine has one hub, so it has one entry for it at most. */
function checkHubs({ agents }: Fleet, places: Places): Finding[] {
  const hubs = new Map<string, PlacedAgent>();
  return agents
    .filter(({ isHub }) => isHub)
    .flatMap((agent) => {
      const other = hubs.get(agent.machine);
      if (other === undefined) hubs.set(agent.machine, agent);
      if (other === undefined) return [];
      const message = `${agent.id} and ${other.id} both say that they are the hub of ${agent.machine}`;
      return errorAt(places.agent(agent, "isHub"), "hub.twice", message, "Take isHub out of one of them");
    });
}
