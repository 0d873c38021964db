/** All ports of a machine by container, which it declares so that policies can see them: Docker does not, on the host's network. */
import type { Fleet } from "../fleet/model.ts";
import { agentPorts } from "./agent-ports.ts";
import { serverPorts } from "./server-ports.ts";
import type { StackSite } from "./site.ts";

/** A cold standby's too: it takes them when it is started. */
export function machinePorts(site: StackSite, fleet: Fleet): Record<string, number[]> {
  const ports: Record<string, number[]> = {};
  for (const { container, port } of [...serverPorts(site), ...agentPorts(site, fleet, { cold: true })])
    ports[container] = [...(ports[container] ?? []), port].toSorted((a, b) => a - b);
  return ports;
}
