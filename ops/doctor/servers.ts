/** Which servers an `up` puts on a machine, by the last part of their containers' names. */
import { needsRouter } from "../../components/machine-router.ts";
import { needsSupervisor } from "../../components/machine-supervisor.ts";
import type { Site, StackSite } from "../../components/site.ts";
import type { Fleet } from "../../fleet/model.ts";

/** Agents aside. @example ["nats", "pushgateway", "hub", "router", "prometheus"] */
export function serversOf(site: StackSite, fleet: Fleet): string[] {
  const own = site.role === "pair" ? ofThePair(site, fleet) : [];
  return [...own, ...(["prometheus", "grafana"] as const).filter((part) => site[part].enabled)];
}

function ofThePair(site: Site, fleet: Fleet): string[] {
  const parts: [string, boolean][] = [
    ["nats", true],
    ["pushgateway", true],
    ["hub", true],
    ["router", needsRouter(fleet)],
    ["supervisor", needsSupervisor(site, fleet)],
    ["virtual-ip", site.virtualIp.address !== ""],
  ];
  return parts.flatMap(([part, isThere]) => (isThere ? part : []));
}
