/** Checks the migration's batches: every agent of the pair in exactly one, and none before what it needs. Pure. */
import { errorAt, type Finding, noteAt, type Places } from "./finding.ts";
import { buildGraph } from "./graph.ts";
import { peerOf } from "./machines.ts";
import type { Fleet } from "./model.ts";
import { nearestId } from "./nearest.ts";

export function checkBatches(fleet: Fleet, places: Places): Finding[] {
  const known = new Set(fleet.agents.map(({ id }) => id));
  const batchOf = new Map<string, number>();
  const findings: Finding[] = [];
  fleet.batches.forEach((batch, index) => {
    if (fleet.batches.findIndex(({ name }) => name === batch.name) < index) {
      const message = `batch ${batch.name} stands twice`;
      findings.push(errorAt(places.batch(index, "name"), "batch.name", message, "Give each batch its own name"));
    }
    batch.agents.forEach((id, position) => {
      const place = places.batch(index, "agents", position);
      const earlier = batchOf.get(id);
      if (!known.has(id)) {
        const near = nearestId(id, known);
        const next =
          near === undefined ? "Write machine/name as the inventory has it, or take it out" : `Did you mean ${near}?`;
        findings.push(
          errorAt(place, "batch.unknown", `batch ${batch.name} names ${id}, which is in no inventory`, next),
        );
      } else if (earlier !== undefined) {
        const message = `${id} is in batch ${fleet.batches[earlier]?.name} already`;
        findings.push(errorAt(place, "batch.twice", message, "Take it out of one of them"));
      } else batchOf.set(id, index);
    });
  });
  if (fleet.batches.length > 0) findings.push(...checkLeftOut(fleet, batchOf, places));
  return [...findings, ...checkOrder(fleet, batchOf, places), ...checkCorrections(fleet, batchOf, places)];
}

function checkLeftOut(fleet: Fleet, batchOf: ReadonlyMap<string, number>, places: Places): Finding[] {
  // A machine that joins later has nothing to migrate; its agents may stand in a batch, and need not.
  return fleet.agents
    .filter(({ id, machine }) => !batchOf.has(id) && peerOf(machine, fleet) !== undefined)
    .map((agent) =>
      errorAt(places.agent(agent, "name"), "batch.none", `${agent.id} is in no batch`, "Add it to one in batches.yaml"),
    );
}

function checkOrder(fleet: Fleet, batchOf: ReadonlyMap<string, number>, places: Places): Finding[] {
  const graph = buildGraph(fleet.agents);
  const nameOf = (index: number) => `${index + 1} (${fleet.batches[index]?.name})`;
  return graph.ids.flatMap((id) => {
    const batch = batchOf.get(id);
    if (batch === undefined) return [];
    return (graph.needs.get(id) ?? []).flatMap((need): Finding[] => {
      const later = batchOf.get(need);
      if (later === undefined || later <= batch) return [];
      const place = places.batch(batch, "agents", fleet.batches[batch]?.agents.indexOf(id) ?? 0);
      const message = `${id} is in batch ${nameOf(batch)} but needs ${need}, which is in batch ${nameOf(later)}`;
      return [errorAt(place, "batch.order", message, `Move ${id} to batch ${nameOf(later)}, or ${need} forward`)];
    });
  });
}

/** A correction of the plan's order stands in the file, so that nobody undoes it unknowing; it has to be true. */
function checkCorrections(fleet: Fleet, batchOf: ReadonlyMap<string, number>, places: Places): Finding[] {
  const names = new Set(fleet.batches.map(({ name }) => name));
  const corrected = new Set<string>();
  return (fleet.corrections ?? []).map(({ agent, from, to, because }, index) => {
    const place = places.correction(index);
    const refuse = (message: string, next: string) => errorAt(place, "batch.correction", message, next);
    const now = fleet.batches[batchOf.get(agent) ?? -1]?.name ?? "no batch";
    if (corrected.has(agent)) return refuse(`a second correction for ${agent}`, "Take one of them out");
    corrected.add(agent);
    if (from === to)
      return refuse(`a correction moves ${agent} from ${from} to ${to}, which is no move`, "Take it out");
    if (!names.has(from)) {
      const message = `a correction says that ${agent} was planned for ${from}, which is no batch`;
      return refuse(message, "Name the batch as the file does");
    }
    if (now === to)
      return noteAt(place, "batch.corrected", `${agent} was planned for ${from} and stands in ${to}: ${because}`);
    const message = `a correction says that ${agent} stands in ${to}, but it stands in ${now}`;
    return refuse(message, "Correct the correction, or the batch");
  });
}
