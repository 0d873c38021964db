/** A machine's nats-server: its own JetStream domain, joined to the peer's by a leaf link. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { checkInImage } from "./check-in-image.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { type LeafArgs, renderNatsConf } from "./nats-conf.ts";
import { accountsFile, leafTlsIn, type NatsSecurity, natsSecurityFiles } from "./nats-security.ts";
import type { Reach } from "./reach.ts";

export interface JetStreamNodeArgs {
  /** Machine's name; also the domain's. */
  machine: string;
  /** How the machine is reached. */
  reach: Reach;
  /** Image with `nats-server` 2.10 or later and `wget` in its PATH. @example "nats:2.12.3-alpine" */
  image: pulumi.Input<string>;
  /** Address that clients and the peer's leaf connect to. @example "192.0.2.10" */
  address: string;
  /** Client port. @default 4222 */
  clientPort?: number;
  /** Monitoring port, on 127.0.0.1 only. @default 8222 */
  monitoringPort?: number;
  /** This machine's end of the leaf link. @example { kind: "dial", url: "nats-leaf://192.0.2.10:7422" } */
  leaf: LeafArgs;
  /** Keys and certificates. @default none: everybody may do everything, and the link is not encrypted */
  security?: NatsSecurity;
  /** Limit of streams in memory, MiB. @default 1024 */
  maxMemoryMb?: number;
  /** Limit of streams on disk, MiB. @default 10240 */
  maxStoreMb?: number;
  /** Memory of the container, MiB; more than `maxMemoryMb`. @default 2048 */
  memoryMb?: number;
  /** Directory of nats.conf on the machine. @default "/etc/tandem/nats" */
  configDirectory?: string;
  /** Directory of the streams on the machine. @default "/var/lib/tandem/jetstream" */
  dataDirectory?: string;
}

/** User of the container and owner of its data. */
const uid = 10_422;
const confTarget = "/etc/tandem/nats";
const dataTarget = "/data";
const mib = 1024 ** 2;

/**
 * Without looking at streams: those it looks for by the name of their folder, in which the accounts of a secured server are not found
 * (docs/decisions/015-accounts-of-nats.md). The hub sees its own streams.
 */
const healthPath = "/healthz?js-enabled-only=true";

export class JetStreamNode extends pulumi.ComponentResource {
  /** @example "nats://192.0.2.10:4222" */
  readonly url: pulumi.Output<string>;
  /** Reachable on the machine only. @example "http://127.0.0.1:8222" */
  readonly monitoringUrl: pulumi.Output<string>;

  constructor(name: string, args: JetStreamNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:JetStreamNode", name, {}, opts);
    const children = { parent: this };
    const clientPort = args.clientPort ?? 4222;
    const monitoringPort = args.monitoringPort ?? 8222;
    const configDirectory = args.configDirectory ?? "/etc/tandem/nats";

    const containerName = `tandem-${args.machine}-nats`;
    const { security } = args;
    const secured =
      security &&
      natsSecurityFiles(
        name,
        {
          security,
          machine: args.machine,
          reach: args.reach,
          listens: args.leaf.kind === "listen",
          configDirectory,
          container: containerName,
          uid,
        },
        children,
      );

    const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, children);
    const conf = new ConfigFile(
      `${name}-conf`,
      {
        reach: args.reach,
        path: `${configDirectory}/nats.conf`,
        content: renderNatsConf({
          machine: args.machine,
          host: args.address,
          clientPort,
          monitoringPort,
          storeDir: dataTarget,
          leaf: security === undefined ? args.leaf : { ...args.leaf, tls: leafTlsIn(confTarget) },
          authFile: security && accountsFile,
          maxMemoryBytes: (args.maxMemoryMb ?? 1024) * mib,
          maxStoreBytes: (args.maxStoreMb ?? 10_240) * mib,
        }),
        // The server reads the files that the configuration names, so they come first.
        validate: pulumi.all([image.imageId, secured?.written]).apply(([imageId]) =>
          checkInImage({
            reach: args.reach,
            imageId,
            uid,
            directories: { [configDirectory]: confTarget, ...secured?.directories },
            entrypoint: "nats-server",
            command: `-t -c "${confTarget}/$(basename "$new")"`,
          }),
        ),
      },
      children,
    );
    const directory = new DataDirectory(
      `${name}-data`,
      { reach: args.reach, path: args.dataDirectory ?? "/var/lib/tandem/jetstream", uid },
      children,
    );
    const volume = new docker.Volume(
      `${name}-volume`,
      {
        name: `tandem-${args.machine}-jetstream`,
        // A plain named volume would belong to root, and could not be found by someone who looks for the data.
        driver: "local",
        driverOpts: { type: "none", o: "bind", device: directory.path },
      },
      { ...children, protect: true },
    );
    const container = hardenedContainer(
      `${name}-container`,
      {
        name: containerName,
        image: image.imageId,
        entrypoint: ["nats-server"],
        command: ["-c", `${confTarget}/nats.conf`],
        uid,
        mounts: [
          readOnlyDirectory(
            conf.path.apply(() => configDirectory),
            confTarget,
          ),
          ...(secured === undefined ? [] : [secured.mount]),
          { type: "volume", source: volume.name, target: dataTarget },
        ],
        healthcheck: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${monitoringPort}${healthPath}`],
        memoryMb: args.memoryMb ?? 2048,
        cpus: 2,
        maxProcesses: 256,
        stopGraceSeconds: 20,
        labels: { "tandem.machine": args.machine, "tandem.config": conf.contentHash },
      },
      children,
    );

    // Known only once the container is healthy, so that what takes the url waits for it.
    this.url = container.id.apply(() => `nats://${hostPort(args.address, clientPort)}`);
    this.monitoringUrl = container.id.apply(() => `http://127.0.0.1:${monitoringPort}`);
    this.registerOutputs({ url: this.url, monitoringUrl: this.monitoringUrl });
  }
}
