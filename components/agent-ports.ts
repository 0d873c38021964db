/** Ports on which the agents of a machine, and the routes to them, will be reached, so that a first look can ask whether they are free. */
import type { Fleet, PlacedAgent } from "../fleet/model.ts";
import { containerName, portsOf } from "./agent.ts";
import { carriedBy, startedBy } from "./machine-agents.ts";
import type { WantedPort } from "./readiness.ts";
import { routerContainer } from "./router.ts";
import type { StackSite } from "./site.ts";

/** @param cold with those of cold standbys @default false: whether one could start is for its takeover to see */
export function agentPorts(site: StackSite, fleet: Fleet, { cold = false } = {}): WantedPort[] {
  const peer = site.role === "pair" ? site.peer.name : undefined;
  const started = (cold ? carriedBy(site.machine.name, peer, fleet) : startedBy(site, fleet)).flatMap(
    ({ agent, role }) => {
      const { port, healthPort, httpPort } = portsOf(agent, role);
      return [...new Set([port, healthPort, httpPort])].map((each) => ({
        port: each,
        // An agent binds what it likes.
        address: "",
        container: containerName(agent, role),
        agent: entryOf(site, agent),
      }));
    },
  );
  return site.role === "pair" ? [...started, ...routePorts(site, fleet)] : started;
}

/** Both machines of the pair have all routes. */
function routePorts(site: StackSite, fleet: Fleet): WantedPort[] {
  const container = routerContainer(site.machine.name);
  return fleet.agents.flatMap((agent) =>
    agent.route === undefined ? [] : [{ port: agent.route, address: "", container, agent: entryOf(site, agent) }],
  );
}

function entryOf(site: StackSite, { name, machine }: PlacedAgent): string {
  return `${name} in ${site.fleet.directory === "" ? "fleet" : site.fleet.directory}/${machine}.yaml`;
}
