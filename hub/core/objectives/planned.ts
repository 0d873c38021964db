/** Says of which objectives what fails is planned work. */
import { pairName } from "./config.ts";

export interface PlannedWork {
  /** Both of the pair. */
  machines: readonly string[];
  /** Home and owner of a service; undefined when there is none of that name. */
  placesOf(service: string): readonly string[] | undefined;
  /** Whether a machine, or `machine/name` of an agent or its machine, is in maintenance. */
  covers(target: string): boolean;
}

/** Of the pair, where both machines are worked on: one of them is what the other one is there for. */
export function isPlanned(objective: string, { machines, placesOf, covers }: PlannedWork): boolean {
  if (objective === pairName) return machines.every(covers);
  return (placesOf(objective) ?? []).some((machine) => covers(`${machine}/${objective}`));
}
