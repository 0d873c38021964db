/** Checks a whole fleet; each kind of check has a function of its own here or in a file beside. Pure. */
import { checkBatches } from "./check-batches.ts";
import { checkPorts } from "./check-ports.ts";
import { checkStandbys } from "./check-standbys.ts";
import { errorAt, type Finding, noteAt, type Places } from "./finding.ts";
import { buildGraph, findCycles, resolveName } from "./graph.ts";
import type { Fleet } from "./model.ts";

/** In the order of files and lines; errors and notes together. */
export function checkFleet(fleet: Fleet, places: Places): Finding[] {
  const findings = [
    ...checkMachines(fleet, places),
    ...checkNames(fleet, places),
    ...checkDependencies(fleet, places),
    ...checkCycles(fleet, places),
    ...checkPorts(fleet, places),
    ...checkStandbys(fleet, places),
    ...checkBatches(fleet, places),
  ];
  return findings.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

function checkMachines(fleet: Fleet, places: Places): Finding[] {
  const names = fleet.inventories.map(({ machine }) => machine);
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) =>
      errorAt(places.machine(name), "machine.twice", `${name} has two files`, "Give each file its own machine"),
    );
}

function checkNames({ agents }: Fleet, places: Places): Finding[] {
  return agents.flatMap((agent, index) => {
    const before = agents.slice(0, index);
    if (before.some(({ id }) => id === agent.id)) {
      return errorAt(
        places.agent(agent.id, "name"),
        "name.twice",
        `${agent.name} stands twice on ${agent.machine}`,
        "Rename one of them",
      );
    }
    const twin = before.find(({ name }) => name === agent.name);
    if (twin === undefined || (twin.isHub && agent.isHub)) return [];
    const message = `${agent.name} stands on ${twin.machine} and on ${agent.machine}; they are told apart as ${twin.id} and ${agent.id}`;
    return noteAt(places.agent(agent.id, "name"), "name.both", message);
  });
}

function checkDependencies({ agents }: Fleet, places: Places): Finding[] {
  const ids = new Set(agents.map(({ id }) => id));
  return agents.flatMap((agent) =>
    (["needs", "wants"] as const).flatMap((key) =>
      agent[key].flatMap((name, index): Finding[] => {
        const place = places.agent(agent.id, key, index);
        const target = resolveName(name, agent.machine, ids);
        if (target === undefined) {
          const near = nearest(
            name,
            agents.map((candidate) => candidate.name),
          );
          const next = near === undefined ? "Add that agent, or take the name out" : `Did you mean ${near}?`;
          return [errorAt(place, "dependency.unknown", `${agent.id} ${key} ${name}, which is in no inventory`, next)];
        }
        if (target === agent.id) return [errorAt(place, "dependency.self", `${agent.id} ${key} itself`, "Take it out")];
        if (target.startsWith(`${agent.machine}/`) || agent.crosses[target] !== undefined) return [];
        const message = `${agent.id} ${key} ${target} on the other machine and does not say what it does while that is away`;
        return [
          errorAt(place, "dependency.crosses", message, `State it: crosses: { ${target}: { mode: wait, reason: … } }`),
        ];
      }),
    ),
  );
}

function checkCycles(fleet: Fleet, places: Places): Finding[] {
  return findCycles(buildGraph(fleet.agents)).map((cycle) => {
    const first = cycle[0] ?? "";
    const names = cycle.map((id) => id.slice(id.indexOf("/") + 1));
    const message = `a cycle of hard dependencies: ${names.join(" → ")}`;
    return errorAt(
      places.agent(first, "needs"),
      "dependency.cycle",
      message,
      "Make one of these edges soft: move it from needs to wants",
    );
  });
}

/** The known name that takes the fewest edits, when those are few enough to be a slip. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 4));
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= limit ? best.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
