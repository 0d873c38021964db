/** The ports that a site's servers take on its machines, for the check of the fleet to hold agents against. */
import type { ReservedPort } from "../fleet/reserved-ports.ts";
import type { StackSite } from "./site.ts";

/** Each with the key of this stack that sets it, so that a clash can be mended on either side. */
export function sitePorts(site: StackSite): ReservedPort[] {
  const optional = (["prometheus", "grafana"] as const)
    .filter((what) => site[what].enabled)
    .map((what): ReservedPort => ({ machine: site.machine.name, what, port: site[what].port, key: `${what}.port` }));
  if (site.role === "satellite") {
    const hubs = site.hubs.map(
      ({ name, hubPort }, index): ReservedPort => ({
        machine: name,
        what: "hub",
        port: hubPort,
        key: `hubs[${index}].hubPort`,
      }),
    );
    return [...hubs, ...optional];
  }
  const ports = (["machine", "peer"] as const).flatMap((group): ReservedPort[] => {
    const { name, hubPort, natsPort, monitoringPort, pushgatewayPort, beatsPort } = site[group];
    return [
      { machine: name, what: "hub", port: hubPort, key: `${group}.hubPort` },
      { machine: name, what: "nats", port: natsPort, key: `${group}.natsPort` },
      { machine: name, what: "monitoring", port: monitoringPort, key: `${group}.monitoringPort` },
      { machine: name, what: "pushgateway", port: pushgatewayPort, key: `${group}.pushgatewayPort` },
      { machine: name, what: "beats", port: beatsPort, key: `${group}.beatsPort` },
    ];
  });
  const leaf: ReservedPort = { machine: site.leaf.listener, what: "leaf", port: site.leaf.port, key: "leaf.port" };
  return [...ports, leaf, ...optional];
}
