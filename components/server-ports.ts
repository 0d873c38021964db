/** Ports on which Tandem's own servers of a machine are reached, with the key of the stack that moves each. */
import type { WantedPort } from "./readiness.ts";
import type { Site, StackSite } from "./site.ts";

/** The router's are those of the agents' routes: `agentPorts`. */
export function serverPorts(site: StackSite): WantedPort[] {
  const watch = (["prometheus", "grafana"] as const)
    .filter((what) => site[what].enabled)
    .map((what) => portAt(site, what, `${what}.port`, site[what].port));
  return site.role === "satellite" ? watch : [...pairPorts(site), ...watch];
}

function pairPorts(site: Site): WantedPort[] {
  const { machine, leaf, virtualIp } = site;
  // With a virtual address it binds all of them.
  const hubAt = virtualIp.address === "" ? machine.address : "";
  return [
    portAt(site, "hub", "machine.hubPort", machine.hubPort, hubAt),
    portAt(site, "hub", "machine.beatsPort", machine.beatsPort, hubAt),
    portAt(site, "nats", "machine.natsPort", machine.natsPort),
    portAt(site, "nats", "machine.monitoringPort", machine.monitoringPort, "127.0.0.1"),
    portAt(site, "pushgateway", "machine.pushgatewayPort", machine.pushgatewayPort),
    ...(leaf.listener === machine.name ? [portAt(site, "nats", "leaf.port", leaf.port)] : []),
  ];
}

function portAt(
  { machine }: StackSite,
  part: string,
  key: string,
  port: number,
  address = machine.address,
): WantedPort {
  return { port, address, container: `tandem-${machine.name}-${part}`, key };
}
