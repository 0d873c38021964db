/** A machine's hub: its image, its configuration and its container. */
import { dirname } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { HubConfigInput } from "../hub/config.ts";
import { hostPort } from "./address.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { renderHubConfig } from "./hub-config.ts";
import { hubNodeArgs } from "./hub-node-args.ts";
import { type ProgramImage, programImage } from "./program-image.ts";
import { dockerCommand, type Reach, runScript } from "./reach.ts";
import { SecretFile } from "./secret-file.ts";
import { supervisorSocket, supervisorSocketTarget } from "./supervisor-conf.ts";

export interface HubArgs {
  /** How the machine is reached. */
  reach: Reach;
  /** What the hub reads; names the machine and what the hub binds. The paths of its spool and state are set here. */
  config: HubConfigInput;
  image: ProgramImage;
  /** Memory of the container, MiB. @default 1024 */
  memoryMb?: number;
  /** Directory of hub.json on the machine. @default "/etc/tandem/hub" */
  configDirectory?: string;
  /**
   * Directory on the machine for records that NATS cannot take; 1 GiB of it, unless `config.spool.maxBytes` says otherwise.
   * @default "/var/lib/tandem/hub"
   */
  dataDirectory?: string;
  /** File with the seed by which NATS knows this hub, from `hubSeedFile`. @default none: NATS asks nobody */
  seedFile?: SecretFile;
  /** Directory on the machine in which its supervisor has its socket, from `supervisorSockets`. @default none: there is no supervisor */
  supervisorSockets?: pulumi.Input<string>;
  /** Directory on the machine in which its router has its socket, from `routerSockets`. @default none: there is no router */
  routerSockets?: pulumi.Input<string>;
}

const stopGraceSeconds = 15;
const uid = 10_900;
/** Who is of this group may speak with the hub's neighbours on its machine, such as the supervisor. */
export const hubGroup = uid;
const configTarget = "/etc/tandem/hub";
const dataTarget = "/data";
/** Where the hub's container has its spool. */
export const spoolPath = `${dataTarget}/spool`;
/** Where it keeps what it must know again after its start. */
const statePath = `${dataTarget}/state`;
/** The directory of the router's socket, in the hub's container as in the router's. */
export const routerSocketTarget = "/run/tandem/router";
export const routerSocket = `${routerSocketTarget}/router.sock`;
const secretTarget = "/etc/tandem/hub-secrets";
const seedName = "nats.seed";
/** Its own: on the hub's port another process may answer while one replaces the other. */
const healthSocket = "/tmp/hub.sock";
/** Labels of the hub's containers, of which there are two while one replaces the other. */
const labelsOf = (machine: string) => ({ "tandem.machine": machine, "tandem.role": "hub" });

export interface HubSeedArgs {
  reach: Reach;
  machine: string;
  seed: pulumi.Input<string>;
  /** Directory of the seed on the machine, the hub's alone. @default "/etc/tandem/secrets/hub" */
  directory?: string;
}

/**
 * The seed of a hub's NKey; a renewed one is taken by a signal. To be made before the NATS that knows its public half: a hub
 * that has the new seed already is cut for a moment only.
 */
export function hubSeedFile(name: string, args: HubSeedArgs, opts: pulumi.ComponentResourceOptions): SecretFile {
  const { reach, machine, seed, directory = "/etc/tandem/secrets/hub" } = args;
  const reload = signalHubs(reach, machine, "HUP");
  return new SecretFile(
    `${name}-nats-seed`,
    { reach, path: `${directory}/${seedName}`, content: seed, uid, reload },
    opts,
  );
}

export class Hub extends pulumi.ComponentResource {
  /** @example "http://192.0.2.10:9000" */
  readonly url: pulumi.Output<string>;
  /** Name and tag, or digest, that the container runs. @example "tandem-hub:3f2a9c01d4e7" */
  readonly imageTag: pulumi.Output<string>;

  constructor(name: string, args: HubArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Hub", name, {}, opts);
    const children = { parent: this };
    const { machine } = args.config;
    const at = hostPort(machine.hub.host, machine.hub.port);
    const configDirectory = args.configDirectory ?? "/etc/tandem/hub";

    const secrets = args.seedFile?.path.apply(dirname);
    const nats = secrets ? { nkeySeedFile: `${secretTarget}/${seedName}` } : args.config.nats;

    const { witness } = args.config;
    const spool = { ...args.config.spool, path: spoolPath };
    const directory = new DataDirectory(
      `${name}-data`,
      { reach: args.reach, path: args.dataDirectory ?? "/var/lib/tandem/hub", uid },
      children,
    );

    const image = programImage(name, args.image, children);
    const config = new ConfigFile(
      `${name}-config`,
      {
        reach: args.reach,
        path: `${configDirectory}/hub.json`,
        content: renderHubConfig({
          ...args.config,
          nats,
          spool,
          stateDirectory: statePath,
          healthSocket,
          ...(witness && secrets ? { witness: { ...witness, ...nats } } : {}),
          ...(args.supervisorSockets === undefined ? {} : { supervisor: { socket: supervisorSocket } }),
          ...(args.routerSockets === undefined ? {} : { router: { socket: routerSocket } }),
        }),
      },
      children,
    );
    const container = hardenedContainer(
      // Also how its name begins.
      `tandem-${machine.name}-hub`,
      {
        name: "generated",
        image: image.reference,
        entrypoint: ["node", ...hubNodeArgs, "/app/hub.mjs"],
        command: ["--config", `${configTarget}/hub.json`],
        uid,
        mounts: [
          readOnlyDirectory(
            config.path.apply(() => configDirectory),
            configTarget,
          ),
          { type: "bind", source: directory.path, target: dataTarget },
          ...(secrets === undefined ? [] : [readOnlyDirectory(secrets, secretTarget)]),
          ...(args.supervisorSockets === undefined
            ? []
            : [readOnlyDirectory(args.supervisorSockets, supervisorSocketTarget)]),
          ...(args.routerSockets === undefined ? [] : [readOnlyDirectory(args.routerSockets, routerSocketTarget)]),
        ],
        healthcheck: ["node", "-e", healthScript(healthSocket)],
        memoryMb: args.memoryMb ?? 1024,
        cpus: 2,
        maxProcesses: 128,
        stopGraceSeconds,
        labels: { ...labelsOf(machine.name), "tandem.config": config.contentHash },
      },
      children,
    );
    // What an up that was killed has left, and the one that was replaced: it stands by as long as it is there.
    const script = container.id.apply((id) => stopOtherHubs(args.reach, machine.name, id));
    runScript(`${name}-others`, { script }, args.reach, children);

    this.url = container.id.apply(() => `http://${at}`);
    this.imageTag = image.tag;
    this.registerOutputs({ url: this.url, imageTag: this.imageTag });
  }
}

function healthScript(socket: string): string {
  return [
    `const asked = require("node:http").get({ socketPath: ${JSON.stringify(socket)}, path: "/livez" },`,
    "(answer) => process.exit(answer.statusCode === 200 ? 0 : 1));",
    'asked.on("error", () => process.exit(1));',
  ].join(" ");
}

const hubsOf = (reach: Reach, machine: string, all: boolean) => {
  const filters = Object.entries(labelsOf(machine)).map(([label, value]) => `--filter 'label=${label}=${value}'`);
  return `${dockerCommand(reach)} ps --quiet --no-trunc ${all ? "--all " : ""}${filters.join(" ")}`;
};

/** POSIX sh; content when none runs. @param signal name without SIG @example "HUP" */
function signalHubs(reach: Reach, machine: string, signal: string): string {
  return `for hub in $(${hubsOf(reach, machine, false)}); do ${dockerCommand(reach)} kill --signal ${signal} "$hub" >/dev/null; done`;
}

function stopOtherHubs(reach: Reach, machine: string, id: string): string {
  const docker = dockerCommand(reach);
  return [
    `for hub in $(${hubsOf(reach, machine, true)}); do`,
    `  [ "$hub" != '${id}' ] || continue`,
    `  ${docker} stop --time ${stopGraceSeconds} "$hub" >/dev/null`,
    `  ${docker} rm "$hub" >/dev/null`,
    "done",
  ].join("\n");
}
