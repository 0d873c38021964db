/** The router of one machine, where the fleet has a service with a route. */
import type * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../fleet/model.ts";
import type { ProgramImage } from "./program-image.ts";
import type { Reach } from "./reach.ts";
import { Router, routerSockets } from "./router.ts";
import type { Site } from "./site.ts";

/** Whether both machines of the pair have a router: some service has a route. */
export const needsRouter = ({ agents }: Fleet): boolean => agents.some(({ route }) => route !== undefined);

interface MachineRouterArgs {
  site: Site;
  fleet: Fleet;
  reach: Reach;
}

/** The directory of its socket, to be made before the hub; undefined where no service has a route. */
export function machineRouterSockets(
  name: string,
  { site, fleet, reach }: MachineRouterArgs,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string> | undefined {
  if (!needsRouter(fleet)) return undefined;
  return routerSockets(`${name}-router`, { reach, directory: `${site.paths.data}/sockets/router` }, opts);
}

/** @param sockets from `machineRouterSockets` */
export function machineRouter(
  name: string,
  {
    site,
    fleet,
    reach,
    image,
    sockets,
  }: MachineRouterArgs & { image: ProgramImage; sockets: pulumi.Output<string> | undefined },
  opts: pulumi.ComponentResourceOptions,
): Router | undefined {
  if (sockets === undefined) return undefined;
  const { machine, paths } = site;
  const args = {
    machine: machine.name,
    reach,
    fleet,
    image,
    sockets,
    configDirectory: `${paths.config}/router`,
    dataDirectory: `${paths.data}/router`,
  };
  return new Router(`${name}-router`, args, opts);
}
