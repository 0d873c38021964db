/** Every scenario, in the order in which they are played. */
import { OperatorError } from "../../error.ts";
import type { Scenario } from "../scenario.ts";
import { linkScenarios } from "./links.ts";
import { machineScenarios } from "./machines.ts";
import { processScenarios } from "./processes.ts";
import { surroundingScenarios } from "./surroundings.ts";

export const allScenarios: readonly Scenario[] = [
  ...processScenarios,
  ...machineScenarios,
  ...linkScenarios,
  ...surroundingScenarios,
];

/** @param names none: all of them. @throws OperatorError for a name that is none */
export function chooseScenarios(names: readonly string[]): Scenario[] {
  if (names.length === 0) return [...allScenarios];
  return names.map((name) => {
    const scenario = allScenarios.find((candidate) => candidate.name === name);
    if (scenario !== undefined) return scenario;
    throw new OperatorError(
      "chaos.unknown",
      `There is no scenario ${name}`,
      `See tandem chaos --list; there are: ${allScenarios.map((known) => known.name).join(", ")}`,
    );
  });
}
