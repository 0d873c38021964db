/** A machine's hub: its image, its configuration and its container. */
import { dirname } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { HubConfigInput } from "../hub/config.ts";
import { accessTarget } from "./access-conf.ts";
import { hubUrlOf } from "./address.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { refuseUnreadable, renderHubConfig } from "./hub-config.ts";
import { heapArgs, hubNodeArgs } from "./hub-node-args.ts";
import { dataTarget, spoolPath, statePath } from "./hub-paths.ts";
import { notificationSecretTarget } from "./notifications-conf.ts";
import { type ProgramImage, programImage } from "./program-image.ts";
import type { Reach } from "./reach.ts";
import { remoteWriteSecretTarget } from "./remote-write-conf.ts";
import { SecretFile } from "./secret-file.ts";
import { healthScript, roleLabels, signalRole, stopOthers } from "./successor.ts";
import { supervisorSocket, supervisorSocketTarget } from "./supervisor-conf.ts";
import { tlsSecretTarget, tlsTarget } from "./tls-conf.ts";

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
  /** Directory on the machine with the secrets that `config.notifications` reads, from `machineNotifications`. @default none */
  notificationSecrets?: pulumi.Input<string>;
  /** Directory on the machine with the secrets that `config.remoteWrite` reads, from `machineRemoteWrite`. @default none */
  remoteWriteSecrets?: pulumi.Input<string>;
  /** Directory on the machine with the files that `config.access` reads, from `machineAccess`. @default none: nobody is asked */
  accessDirectory?: pulumi.Input<string>;
  /** Directory on the machine with the certificates that `config` reads, from `machineTls`. @default none: nobody asks by TLS */
  tlsDirectory?: pulumi.Input<string>;
  /** Directory on the machine with the key of that certificate, from `machineTls`. @default none */
  tlsSecrets?: pulumi.Input<string>;
  /** Directory on the machine in which its supervisor has its socket, from `supervisorSockets`. @default none: there is no supervisor */
  supervisorSockets?: pulumi.Input<string>;
  /** Directory on the machine in which its router has its socket, from `routerSockets`. @default none: there is no router */
  routerSockets?: pulumi.Input<string>;
}

const stopGraceSeconds = 15;
/** User of its process. */
export const hubUid = 10_900;
const uid = hubUid;
/** Who is of this group may speak with the hub's neighbours on its machine, such as the supervisor. */
export const hubGroup = uid;
const configTarget = "/etc/tandem/hub";
/** The directory of the router's socket, in the hub's container as in the router's. */
export const routerSocketTarget = "/run/tandem/router";
export const routerSocket = `${routerSocketTarget}/router.sock`;
const secretTarget = "/etc/tandem/hub-secrets";
const seedName = "nats.seed";
/** Its own: on the hub's port another process may answer while one replaces the other. */
const healthSocket = "/tmp/hub.sock";

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
  const reload = signalRole(reach, machine, "hub", "HUP");
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
    const { host: address, port: hubPort } = machine.hub;
    const url = hubUrlOf({ address, hubPort, hubTls: args.config.tls !== undefined });
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
    const content = renderHubConfig({
      ...args.config,
      nats,
      spool,
      stateDirectory: statePath,
      healthSocket,
      ...(witness && secrets ? { witness: { ...witness, ...nats } } : {}),
      ...(args.supervisorSockets === undefined ? {} : { supervisor: { socket: supervisorSocket } }),
      ...(args.routerSockets === undefined ? {} : { router: { socket: routerSocket } }),
    });
    refuseUnreadable(machine.name, content);
    const config = new ConfigFile(
      `${name}-config`,
      { reach: args.reach, path: `${configDirectory}/hub.json`, content },
      children,
    );
    const memoryMb = args.memoryMb ?? 1024;
    const container = hardenedContainer(
      // Also how its name begins.
      `tandem-${machine.name}-hub`,
      {
        image: image.reference,
        entrypoint: ["node", ...hubNodeArgs, ...heapArgs(memoryMb), "/app/hub.mjs"],
        command: ["--config", `${configTarget}/hub.json`],
        uid,
        mounts: [
          readOnlyDirectory(
            config.path.apply(() => configDirectory),
            configTarget,
          ),
          { type: "bind", source: directory.path, target: dataTarget },
          ...(secrets === undefined ? [] : [readOnlyDirectory(secrets, secretTarget)]),
          ...(args.notificationSecrets === undefined
            ? []
            : [readOnlyDirectory(args.notificationSecrets, notificationSecretTarget)]),
          ...(args.accessDirectory === undefined ? [] : [readOnlyDirectory(args.accessDirectory, accessTarget)]),
          ...(args.remoteWriteSecrets === undefined
            ? []
            : [readOnlyDirectory(args.remoteWriteSecrets, remoteWriteSecretTarget)]),
          ...(args.tlsDirectory === undefined ? [] : [readOnlyDirectory(args.tlsDirectory, tlsTarget)]),
          ...(args.tlsSecrets === undefined ? [] : [readOnlyDirectory(args.tlsSecrets, tlsSecretTarget)]),
          ...(args.supervisorSockets === undefined
            ? []
            : [readOnlyDirectory(args.supervisorSockets, supervisorSocketTarget)]),
          ...(args.routerSockets === undefined ? [] : [readOnlyDirectory(args.routerSockets, routerSocketTarget)]),
        ],
        healthcheck: healthScript(healthSocket),
        memoryMb,
        cpus: 2,
        maxProcesses: 128,
        stopGraceSeconds,
        labels: { ...roleLabels(machine.name, "hub"), "tandem.config": config.contentHash },
      },
      children,
    );
    stopOthers(name, container, { reach: args.reach, machine: machine.name, role: "hub", stopGraceSeconds }, children);

    this.url = container.id.apply(() => url);
    this.imageTag = image.tag;
    this.registerOutputs({ url: this.url, imageTag: this.imageTag });
  }
}
