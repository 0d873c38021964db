/** A machine's hub: its image, its configuration and its container. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { HubConfigInput } from "../hub/config.ts";
import { hostPort } from "./address.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { renderHubConfig } from "./hub-config.ts";
import { hubNodeArgs } from "./hub-node-args.ts";
import { type Reach, signalContainer } from "./reach.ts";
import { SecretFile } from "./secret-file.ts";
import { supervisorSocket, supervisorSocketTarget } from "./supervisor-conf.ts";

export type HubImage =
  /** Built on the machine's own engine from the bundle; no registry takes part but for the base. */
  | {
      kind: "build";
      /** Path of hub.mjs; its directory is the build's context. */
      bundlePath: string;
      /** Hash of the bundle, hex. */
      bundleHash: string;
      /** Image with `node` 24 in its PATH. @example "node:24-bookworm-slim" */
      base: string;
      /** System and processor of the machine. @default "linux/amd64" */
      platform?: string;
    }
  /** Taken as it is. @example { kind: "pull", name: "registry.example.org/tandem-hub@sha256:…" } */
  | { kind: "pull"; name: string };

export interface HubArgs {
  /** How the machine is reached. */
  reach: Reach;
  /** What the hub reads; names the machine and what the hub binds. The paths of its spool and state are set here. */
  config: HubConfigInput;
  image: HubImage;
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
const containerName = (machine: string) => `tandem-${machine}-hub`;
const dockerfile = fileURLToPath(new URL("../hub/Dockerfile", import.meta.url));

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
  const reload = signalContainer(reach, containerName(machine), "HUP");
  return new SecretFile(
    `${name}-nats-seed`,
    { reach, path: `${directory}/${seedName}`, content: seed, uid, reload },
    opts,
  );
}

export class Hub extends pulumi.ComponentResource {
  /** @example "http://192.0.2.10:9000" */
  readonly url: pulumi.Output<string>;
  /** What the container runs, for its neighbours of the same image. */
  readonly image: pulumi.Output<string>;
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

    const image = hubImage(name, args.image, children);
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
          ...(witness && secrets ? { witness: { ...witness, ...nats } } : {}),
          ...(args.supervisorSockets === undefined ? {} : { supervisor: { socket: supervisorSocket } }),
          ...(args.routerSockets === undefined ? {} : { router: { socket: routerSocket } }),
        }),
      },
      children,
    );
    const container = hardenedContainer(
      `${name}-container`,
      {
        name: containerName(machine.name),
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
        healthcheck: ["node", "-e", healthScript(`http://${at}/livez`)],
        memoryMb: args.memoryMb ?? 1024,
        cpus: 2,
        maxProcesses: 128,
        stopGraceSeconds: 15,
        labels: { "tandem.machine": machine.name, "tandem.config": config.contentHash },
      },
      children,
    );

    this.url = container.id.apply(() => `http://${at}`);
    this.image = pulumi.output(image.reference);
    this.imageTag = image.tag;
    this.registerOutputs({ url: this.url, imageTag: this.imageTag });
  }
}

/** What the container runs, and how people call it. */
function hubImage(name: string, image: HubImage, children: pulumi.CustomResourceOptions) {
  if (image.kind === "pull") {
    const pulled = new docker.RemoteImage(`${name}-image`, { name: image.name, keepLocally: true }, children);
    return { reference: pulled.imageId, tag: pulled.name };
  }
  const tag = hubImageTag(image.bundleHash, image.base);
  const built = new docker.Image(
    `${name}-image`,
    {
      imageName: tag,
      // Relative, so that another clone of the same commit previews no change.
      build: {
        context: here(dirname(image.bundlePath)),
        dockerfile: here(dockerfile),
        args: { BASE: image.base },
        platform: image.platform ?? "linux/amd64",
      },
      skipPush: true,
    },
    children,
  );
  return { reference: built.imageName, tag: built.imageName };
}

/** Whatever changes the image changes its tag, so that a preview shows the replacement by name. */
export function hubImageTag(bundleHash: string, base: string): string {
  const parts = [bundleHash, base, readFileSync(dockerfile, "utf8")];
  return `tandem-hub:${createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12)}`;
}

function here(path: string): string {
  return relative(process.cwd(), path);
}

function healthScript(url: string): string {
  return `fetch(${JSON.stringify(url)}).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
}
