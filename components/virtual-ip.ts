/** One address for both hubs, which stands on a machine whose hub is ready. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostPort, hubUrlOf } from "./address.ts";
import { checkInImage } from "./check-in-image.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { type KeepalivedConfArgs, renderKeepalivedConf } from "./keepalived-conf.ts";
import type { Reach } from "./reach.ts";

export interface VirtualIpArgs extends Omit<KeepalivedConfArgs, "readyUrl" | "priority" | "routerId" | "prefixLength"> {
  /** How the machine is reached. */
  reach: Reach;
  /** Image with `keepalived` 2 in its PATH, /usr/bin/wget and sh. @example "registry.example.org/keepalived@sha256:0123" */
  image: pulumi.Input<string>;
  /** Port of the hubs, the same on both machines; each hub binds more than its machine's own address. @default 9000 */
  hubPort?: number;
  /** Whether they speak TLS; this machine's is asked without, which it takes from its own machine. @default false */
  hubTls?: boolean;
  /** @default 24 */
  prefixLength?: number;
  /** @default 100 */
  priority?: number;
  /** @default 51 */
  routerId?: number;
  /** Directory of keepalived.conf on the machine. @default "/etc/tandem/keepalived" */
  configDirectory?: string;
}

const confTarget = "/etc/tandem/keepalived";
const pidFile = "/tmp/keepalived.pid";

export class VirtualIp extends pulumi.ComponentResource {
  /** Of whichever hub is ready. @example "http://192.0.2.100:9000" */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: VirtualIpArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:VirtualIp", name, {}, opts);
    const children = { parent: this };
    const { machine, reach, hubPort = 9000, prefixLength = 24, priority = 100, routerId = 51 } = args;
    const configDirectory = args.configDirectory ?? "/etc/tandem/keepalived";
    const readyUrl = `http://${hostPort(args.address, hubPort)}/readyz`;

    const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, children);
    const conf = new ConfigFile(
      `${name}-conf`,
      {
        reach,
        path: `${configDirectory}/keepalived.conf`,
        content: renderKeepalivedConf({ ...args, prefixLength, priority, routerId, readyUrl }),
        validate: image.imageId.apply((imageId) =>
          checkInImage({
            reach,
            imageId,
            uid: 0,
            // The check asks for the interface.
            network: "host",
            directories: { [configDirectory]: confTarget },
            entrypoint: "keepalived",
            command: `--config-test --use-file="${confTarget}/$(basename "$new")"`,
          }),
        ),
      },
      children,
    );
    const container = hardenedContainer(
      `${name}-container`,
      {
        name: `tandem-${machine}-virtual-ip`,
        image: image.imageId,
        entrypoint: ["keepalived"],
        command: [
          "--dont-fork",
          "--vrrp",
          "--log-console",
          "--no-syslog",
          `--pid=${pidFile}`,
          "--vrrp_pid=/tmp/vrrp.pid",
          `--use-file=${confTarget}/keepalived.conf`,
        ],
        uid: 0,
        movesAddresses: true,
        mounts: [
          readOnlyDirectory(
            conf.path.apply(() => configDirectory),
            confTarget,
          ),
        ],
        healthcheck: ["sh", "-c", `kill -0 "$(cat ${pidFile})"`],
        memoryMb: 64,
        cpus: 0.5,
        maxProcesses: 64,
        stopGraceSeconds: 10,
        labels: { "tandem.machine": machine, "tandem.config": conf.contentHash },
      },
      children,
    );
    this.url = container.id.apply(() => hubUrlOf({ address: args.virtualAddress, hubPort, hubTls: args.hubTls }));
    this.registerOutputs({ url: this.url });
  }
}
