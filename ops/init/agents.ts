/** Which agents of the inventory run on a machine, and so have an NKey for its NATS. */
import { requireFleet } from "../../fleet/load.ts";
import { peerOf } from "../../fleet/machines.ts";
import { inventoryDirectory } from "./satellite.ts";
import type { StackFile } from "./stack-file.ts";

/**
 * Those that live there, and those whose standby does.
 * @param file of a stack, which may say where the inventory lies
 */
export function agentsOf(file: StackFile | undefined, project: string, machine: string): string[] {
  const directory = file === undefined ? "" : inventoryDirectory([file], project);
  const fleet = directory === "" ? requireFleet() : requireFleet(directory);
  const runs = fleet.agents.filter(
    (agent) =>
      !agent.isHub && (agent.machine === machine || (agent.standby && peerOf(agent.machine, fleet) === machine)),
  );
  return [...new Set(runs.map(({ name }) => name))].sort();
}
