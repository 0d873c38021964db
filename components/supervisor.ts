/** A machine's supervisor: the one container that speaks to the engine, and starts and stops cold standbys by the hub's word. */
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { hubGroup } from "./hub.ts";
import { type ProgramImage, programImage } from "./program-image.ts";
import type { Reach } from "./reach.ts";
import { healthScript } from "./successor.ts";
import {
  engineSocketTarget,
  renderSupervisorConf,
  supervisorSocket,
  supervisorSocketTarget,
  supervisorStateTarget,
} from "./supervisor-conf.ts";

export interface SupervisorArgs {
  /** Machine's name, as in the labels of the containers that it may start. */
  machine: string;
  /** How the machine is reached. */
  reach: Reach;
  image: ProgramImage;
  /** Directory of its socket on the machine, from `supervisorSockets`. */
  sockets: pulumi.Input<string>;
  /** Socket of the machine's engine. @default "/var/run/docker.sock", or that of a local reach */
  engineSocket?: string;
  /** Memory of the container, MiB. @default 128 */
  memoryMb?: number;
  /** Directory of supervisor.json on the machine. @default "/etc/tandem/supervisor" */
  configDirectory?: string;
  /** Directory of its memory of epochs on the machine. @default "/var/lib/tandem/supervisor" */
  dataDirectory?: string;
}

const confTarget = "/etc/tandem/supervisor";

/** The directory of a supervisor's socket, which the hub's container sees as well; to be made before both. */
export function supervisorSockets(
  name: string,
  { reach, directory }: { reach: Reach; directory: string },
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string> {
  return new DataDirectory(`${name}-sockets`, { reach, path: directory, uid: 0, readers: hubGroup }, opts).path;
}

export class Supervisor extends pulumi.ComponentResource {
  /** Name of the container, known once it is there. */
  readonly container: pulumi.Output<string>;

  constructor(name: string, args: SupervisorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Supervisor", name, {}, opts);
    const children = { parent: this };
    const { machine, reach } = args;
    const configDirectory = args.configDirectory ?? "/etc/tandem/supervisor";
    const conf = new ConfigFile(
      `${name}-config`,
      { reach, path: `${configDirectory}/supervisor.json`, content: renderSupervisorConf(machine) },
      children,
    );
    const state = new DataDirectory(
      `${name}-data`,
      { reach, path: args.dataDirectory ?? "/var/lib/tandem/supervisor", uid: 0 },
      children,
    );
    const container: docker.Container = hardenedContainer(
      `${name}-container`,
      {
        name: `tandem-${machine}-supervisor`,
        image: programImage(name, args.image, children).reference,
        entrypoint: ["node", "/app/supervisor.mjs"],
        command: ["--config", `${confTarget}/supervisor.json`],
        uid: 0,
        engineGroup: hubGroup,
        mounts: [
          readOnlyDirectory(
            conf.path.apply(() => configDirectory),
            confTarget,
          ),
          { type: "bind", source: state.path, target: supervisorStateTarget },
          { type: "bind", source: args.sockets, target: supervisorSocketTarget },
          // Not a directory, as it is for files: beside the socket lies what no container should see.
          { type: "bind", source: engineSocketOf(args), target: engineSocketTarget },
        ],
        healthcheck: healthScript(supervisorSocket),
        memoryMb: args.memoryMb ?? 128,
        cpus: 0.5,
        maxProcesses: 64,
        stopGraceSeconds: 10,
        labels: { "tandem.machine": machine, "tandem.config": conf.contentHash },
      },
      children,
    );
    this.container = container.name;
    this.registerOutputs({ container: this.container });
  }
}

function engineSocketOf({ reach, engineSocket }: SupervisorArgs): string {
  if (engineSocket !== undefined) return engineSocket;
  return reach.kind === "local" ? reach.socket.replace(/^unix:\/\//, "") : "/var/run/docker.sock";
}
