/** All ports of a machine by container, which it declares so that policies can see them: Docker does not, on the host's network. */
import type { Fleet } from "../fleet/model.ts";
import { agentPorts } from "./agent-ports.ts";
import { serverPorts } from "./server-ports.ts";
import type { StackSite } from "./site.ts";

/**
 * A cold standby's too: it takes them when it is started.
 * @example { "tandem-mainpc-hub": "7423 9000" }, so that a preview has a line a container
 */
export function machinePorts(site: StackSite, fleet: Fleet): Record<string, string> {
  const ports = new Map<string, number[]>();
  for (const { container, port } of [...serverPorts(site), ...agentPorts(site, fleet, { cold: true })])
    ports.set(container, [...(ports.get(container) ?? []), port]);
  return Object.fromEntries([...ports].map(([container, own]) => [container, own.toSorted((a, b) => a - b).join(" ")]));
}
