/** What every resource of a site must keep to. Pure: the policy pack runs these on what the engine plans, tests on what mocks record. */
import type { Declared, Known, Rule, Violation } from "./declared.ts";
import { noPrivilegedContainer } from "./hardening.ts";
import { everythingIsChecked } from "./health.ts";
import { imageHasATag } from "./images.ts";
import { portsDoNotCollide } from "./ports.ts";
import { noSecretInTheOpen } from "./secrets.ts";
import { volumesAreProtected } from "./volumes.ts";

export const rules: readonly Rule[] = [
  imageHasATag,
  noPrivilegedContainer,
  noSecretInTheOpen,
  everythingIsChecked,
  portsDoNotCollide,
  volumesAreProtected,
];

/** All that these resources violate, each with the name of its rule. */
export function violationsOf(
  declared: readonly Declared[],
  known: Known = { secrets: [] },
): (Violation & { rule: string })[] {
  return rules.flatMap(({ name, check }) => check(declared, known).map((violation) => ({ ...violation, rule: name })));
}
