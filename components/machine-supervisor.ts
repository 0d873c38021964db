/** The supervisor of one machine, where it carries a cold standby. */
import type * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../fleet/model.ts";
import { isSupervised } from "./agent.ts";
import { carriedBy } from "./machine-agents.ts";
import type { ProgramImage } from "./program-image.ts";
import type { Reach } from "./reach.ts";
import type { Site } from "./site.ts";
import { Supervisor, supervisorSockets } from "./supervisor.ts";

/** Whether a machine of the pair has a supervisor: it carries a cold standby. */
export const needsSupervisor = ({ machine, peer }: Pick<Site, "machine" | "peer">, fleet: Fleet): boolean =>
  carriedBy(machine.name, peer.name, fleet).some(({ agent, role }) => isSupervised(agent, role));

interface MachineSupervisorArgs {
  site: Site;
  fleet: Fleet;
  reach: Reach;
}

/** The directory of its socket, to be made before the hub; undefined where it has nothing to do. */
export function machineSupervisorSockets(
  name: string,
  { site, fleet, reach }: MachineSupervisorArgs,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string> | undefined {
  if (!needsSupervisor(site, fleet)) return undefined;
  return supervisorSockets(`${name}-supervisor`, { reach, directory: `${site.paths.data}/sockets/supervisor` }, opts);
}

/** @param sockets from `machineSupervisorSockets` */
export function machineSupervisor(
  name: string,
  {
    site,
    reach,
    image,
    sockets,
  }: MachineSupervisorArgs & { image: ProgramImage; sockets: pulumi.Output<string> | undefined },
  opts: pulumi.ComponentResourceOptions,
): Supervisor | undefined {
  if (sockets === undefined) return undefined;
  const { machine, paths } = site;
  const args = {
    machine: machine.name,
    reach,
    image,
    sockets,
    configDirectory: `${paths.config}/supervisor`,
    dataDirectory: `${paths.data}/supervisor`,
  };
  return new Supervisor(`${name}-supervisor`, args, opts);
}
