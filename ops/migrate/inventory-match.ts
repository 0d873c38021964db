/** Refuses to migrate by an inventory that is not the one that the hubs have. Pure. */
import type { FleetView } from "../../hub/http/api.ts";
import { OperatorError } from "../error.ts";
import { listed } from "./compare.ts";
import type { MigrationSite } from "./site.ts";

/** @param view of any hub @throws OperatorError that names what differs */
export function requireSameFleet(site: Pick<MigrationSite, "fleet" | "portsOf" | "name">, view: FleetView): void {
  const differences = differencesOf(site, view);
  if (differences.length === 0) return;
  throw new OperatorError(
    "migrate.inventory",
    `the inventory here is not the one of ${site.name}:\n${differences.map((line) => `  ${line}`).join("\n")}`,
    "Name the right one with --fleet, or bring this one to the machines first (tandem deploy); nothing was moved",
  );
}

export function differencesOf({ fleet, portsOf }: Pick<MigrationSite, "fleet" | "portsOf">, view: FleetView): string[] {
  const known = new Map(view.agents.map((agent) => [`${agent.machine}/${agent.name}`, agent]));
  const own = new Map(fleet.agents.map((agent) => [agent.id, agent]));
  const absent = [...own.keys()].filter((id) => !known.has(id));
  const strange = [...known.keys()].filter((id) => !own.has(id));
  const others = [...own.values()].flatMap((agent) => {
    const there = known.get(agent.id);
    if (there === undefined || agent.isHub) return [];
    const { healthPort, httpPort } = portsOf(agent);
    const port = agent.health.kind === "http" ? httpPort : healthPort;
    const asked = Number(there.probe.address.slice(there.probe.address.lastIndexOf(":") + 1));
    if (there.probe.kind === agent.health.kind && asked === port) return [];
    return [`${agent.id} (${agent.health.kind} at ${port} here, ${there.probe.kind} at ${asked} there)`];
  });
  return [
    ...(absent.length > 0 ? [`no hub knows ${listed(absent)}`] : []),
    ...(strange.length > 0 ? [`the hubs have ${listed(strange)}, too`] : []),
    ...(others.length > 0 ? [`asked otherwise: ${listed(others)}`] : []),
  ];
}
