/** The rule that Docker can tell of every container whether it is well. */
import { containersOf, type Rule } from "./declared.ts";
import { allowedBy, exceptionLabel } from "./exceptions.ts";

export const everythingIsChecked: Rule = {
  name: "everything-is-checked",
  description: "Every container has a health check, but an agent that only the hub can ask",
  scope: "resource",
  check: (declared) =>
    containersOf(declared)
      .filter(({ props: { healthcheck, labels } }) => {
        const [kind = "NONE"] = healthcheck?.tests ?? [];
        return kind === "NONE" && allowedBy(labels)?.unchecked !== true;
      })
      .map(({ name }) => ({
        resource: name,
        what: "the container has no health check, so nobody sees when it hangs",
        next: `Give it one: container.healthcheck of the agent, or healthcheck of hardenedContainer; "none" adds the label ${exceptionLabel}`,
      })),
};
