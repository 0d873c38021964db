/** A machine's router: the container on whose ports clients reach a service, wherever of the pair it acts. */
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../fleet/model.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { hubGroup, routerSocket, routerSocketTarget } from "./hub.ts";
import { type ProgramImage, programImage } from "./program-image.ts";
import type { Reach } from "./reach.ts";
import { renderRouterConfig, routerConfig } from "./router-conf.ts";
import { healthScript, roleLabels, stopOthers } from "./successor.ts";

export interface RouterArgs {
  /** Machine's name, for the container's name and the log. */
  machine: string;
  /** How the machine is reached. */
  reach: Reach;
  /** The agents; those with a `route` have a port here. */
  fleet: Fleet;
  image: ProgramImage;
  /** Directory of its socket on the machine, from `routerSockets`. */
  sockets: pulumi.Input<string>;
  /** Address that the routes bind. @default "0.0.0.0": clients of the machine itself come over loopback */
  listenHost?: string;
  /** Memory of the container, MiB. @default 256 */
  memoryMb?: number;
  /** Directory of router.json on the machine. @default "/etc/tandem/router" */
  configDirectory?: string;
  /** Directory of its memory of epochs on the machine. @default "/var/lib/tandem/router" */
  dataDirectory?: string;
}

// The hub's own user: both trust each other, and the socket needs no right for anybody else.
const uid = hubGroup;
const confTarget = "/etc/tandem/router";
const dataTarget = "/data";
/** Its own: on the other socket another process may answer while one replaces the other. */
const healthSocket = "/tmp/router.sock";
const stopGraceSeconds = 15;

/** How the name of the container on the machine begins. */
export const routerContainer = (machine: string): string => `tandem-${machine}-router`;

/** The directory of a router's socket, which the hub's container sees as well; to be made before both. */
export function routerSockets(
  name: string,
  { reach, directory }: { reach: Reach; directory: string },
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string> {
  return new DataDirectory(`${name}-sockets`, { reach, path: directory, uid }, opts).path;
}

export class Router extends pulumi.ComponentResource {
  /** Name of the container, known once it is there. */
  readonly container: pulumi.Output<string>;

  constructor(name: string, args: RouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Router", name, {}, opts);
    const children = { parent: this };
    const { machine, reach, fleet, listenHost = "0.0.0.0" } = args;
    const configDirectory = args.configDirectory ?? "/etc/tandem/router";
    const content = renderRouterConfig(
      routerConfig({
        machine,
        fleet,
        listenHost,
        socket: routerSocket,
        stateFile: `${dataTarget}/epochs.json`,
        healthSocket,
      }),
    );
    const conf = new ConfigFile(`${name}-config`, { reach, path: `${configDirectory}/router.json`, content }, children);
    const state = new DataDirectory(
      `${name}-data`,
      { reach, path: args.dataDirectory ?? "/var/lib/tandem/router", uid },
      children,
    );
    const container: docker.Container = hardenedContainer(
      routerContainer(machine),
      {
        image: programImage(name, args.image, children).reference,
        entrypoint: ["node", "/app/router.mjs"],
        command: ["--config", `${confTarget}/router.json`],
        uid,
        mounts: [
          readOnlyDirectory(
            conf.path.apply(() => configDirectory),
            confTarget,
          ),
          { type: "bind", source: state.path, target: dataTarget },
          { type: "bind", source: args.sockets, target: routerSocketTarget },
        ],
        healthcheck: healthScript(healthSocket),
        memoryMb: args.memoryMb ?? 256,
        cpus: 1,
        // The hub's are counted with them.
        maxProcesses: 192,
        stopGraceSeconds,
        labels: { ...roleLabels(machine, "router"), "tandem.config": conf.contentHash },
      },
      children,
    );
    stopOthers(name, container, { reach, machine, role: "router", stopGraceSeconds }, children);
    this.container = container.name;
    this.registerOutputs({ container: this.container });
  }
}
