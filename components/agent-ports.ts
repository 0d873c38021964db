/** Ports that the agents' containers of a machine will listen on, so that a first look can ask whether they are free. */
import type { Fleet } from "../fleet/model.ts";
import { containerName, portsOf } from "./agent.ts";
import { carriedBy } from "./machine-agents.ts";
import type { WantedPort } from "./readiness.ts";
import type { StackSite } from "./site.ts";

/** Of those that run from the first `up` on: a cold standby is stopped, and whether it could start is for its takeover to see. */
export function agentPorts(site: StackSite, fleet: Fleet): WantedPort[] {
  const peer = site.role === "pair" ? site.peer.name : undefined;
  return carriedBy(site.machine.name, peer, fleet)
    .filter(({ agent, role }) => role === "home" || agent.mode !== "cold")
    .flatMap(({ agent, role }) => {
      const { port, healthPort, httpPort } = portsOf(agent, role);
      return [...new Set([port, healthPort, httpPort])].map((each) => ({
        port: each,
        // An agent binds what it likes.
        address: "",
        container: containerName(agent, role),
        agent: `${agent.name} in ${site.fleet.directory === "" ? "fleet" : site.fleet.directory}/${agent.machine}.yaml`,
      }));
    });
}
