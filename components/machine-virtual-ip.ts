/** The virtual address of a pair on one machine, where its stack asks for it. */
import type * as pulumi from "@pulumi/pulumi";
import type { Reach } from "./reach.ts";
import type { Site } from "./site.ts";
import { VirtualIp } from "./virtual-ip.ts";

/** Resolves to the hubs' common URL. */
export function machineVirtualIp(
  name: string,
  { site, reach }: { site: Site; reach: Reach },
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string> | undefined {
  const { machine, peer, images, paths } = site;
  const { address, ...virtualIp } = site.virtualIp;
  if (address === "") return undefined;
  const args = {
    ...virtualIp,
    machine: machine.name,
    reach,
    image: images.keepalived,
    virtualAddress: address,
    address: machine.address,
    peerAddress: peer.address,
    hubPort: machine.hubPort,
    hubTls: machine.hubTls,
    configDirectory: `${paths.config}/keepalived`,
  };
  return new VirtualIp(`${name}-virtual-ip`, args, opts).url;
}
