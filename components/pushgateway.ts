/** A machine's Pushgateway, which its hub keeps equal to what both hubs know. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { hardenedContainer } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { pushgatewayArgs } from "./pushgateway-args.ts";
import type { Reach } from "./reach.ts";

export interface PushgatewayArgs {
  /** Machine's name. */
  machine: string;
  /** How the machine is reached. */
  reach: Reach;
  /** Image with `pushgateway` as its entry point and `wget` in its PATH. @example "prom/pushgateway:v1.5.1" */
  image: pulumi.Input<string>;
  /** Address that it binds. @example "192.0.2.10" */
  address: string;
  /** Port that it binds. @default 9091 @example 9191 */
  port?: number;
  /** Memory of the container, MiB; 10,000 groups of 5 series take 81. @default 512 */
  memoryMb?: number;
  /** Directory on the machine that keeps the groups over a restart. @default "/var/lib/tandem/pushgateway" */
  dataDirectory?: string;
}

const uid = 10_909;
const dataTarget = "/data";

export class Pushgateway extends pulumi.ComponentResource {
  /** @example "http://192.0.2.10:9091" */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: PushgatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Pushgateway", name, {}, opts);
    const children = { parent: this };
    const at = hostPort(args.address, args.port ?? 9091);

    const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, children);
    const directory = new DataDirectory(
      `${name}-data`,
      { reach: args.reach, path: args.dataDirectory ?? "/var/lib/tandem/pushgateway", uid },
      children,
    );
    const container = hardenedContainer(
      `${name}-container`,
      {
        name: `tandem-${args.machine}-pushgateway`,
        image: image.imageId,
        command: pushgatewayArgs({
          host: args.address,
          port: args.port ?? 9091,
          persistenceFile: `${dataTarget}/groups`,
        }),
        uid,
        mounts: [{ type: "bind", source: directory.path, target: dataTarget }],
        healthcheck: ["wget", "-q", "-O", "/dev/null", `http://${at}/-/ready`],
        memoryMb: args.memoryMb ?? 512,
        cpus: 1,
        maxProcesses: 128,
        stopGraceSeconds: 10,
        labels: { "tandem.machine": args.machine },
      },
      children,
    );

    this.url = container.id.apply(() => `http://${at}`);
    this.registerOutputs({ url: this.url });
  }
}
