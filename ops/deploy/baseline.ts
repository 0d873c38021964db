/** How a machine did before a deployment, as much as its verification compares with. Kept in the record, so that a later run that finishes it compares with the same. */
import { z } from "zod";
import { Health } from "../../hub/core/record.ts";
import type { ContainerFacts } from "../doctor/facts.ts";
import type { Seen } from "./unmet.ts";

export const Baseline = z.object({
  /** Containers that ran as they should. */
  well: z.array(z.string()),
  /** Of the machine's agents, by name. */
  agents: z.record(z.string(), Health),
  /** Of the instances that services have on this machine, by service. */
  instances: z.record(z.string(), Health),
  /** Services that nobody acted for. */
  held: z.array(z.string()),
});
export type Baseline = z.infer<typeof Baseline>;

export function baselineOf({ containers = [], looks }: Seen, machine: string): Baseline {
  const { fleet, services } = looks.find((look) => look.fleet !== undefined) ?? {
    fleet: undefined,
    services: undefined,
  };
  const own = fleet?.agents.filter((agent) => agent.machine === machine) ?? [];
  const instances = (services ?? []).flatMap(({ name, instances: at }) => {
    const health = at[machine]?.health;
    return health === undefined ? [] : [[name, health] as const];
  });
  return {
    well: containers.filter(isWell).map(({ name }) => name),
    agents: Object.fromEntries(own.map(({ name, health }) => [name, health])),
    instances: Object.fromEntries(instances),
    held: (services ?? []).flatMap(({ name, state }) => (state === "held" ? name : [])),
  };
}

/** Whether it runs as it should. */
export function isWell({ status, health }: ContainerFacts): boolean {
  return status === "running" && (health === "" || health === "healthy");
}
