/** What the machine's kernel must do for a port to be handed on: give connections that a closing listener has not accepted to its successor. */
import type * as pulumi from "@pulumi/pulumi";
import { ConfigFile } from "./config-file.ts";
import type { Reach } from "./reach.ts";

const path = "/etc/sysctl.d/90-tandem.conf";
const value = "/proc/sys/net/ipv4/tcp_migrate_req";

/** Kernels before 5.14 have no such setting, and a machine where it cannot be set goes without: a connection may then be reset once in a while. */
export function handOnConnections(name: string, reach: Reach, opts: pulumi.ComponentResourceOptions): void {
  new ConfigFile(
    `${name}-sysctl`,
    {
      reach,
      path,
      content: [
        "# Only where two processes listen on one port, as while a hub or router of Tandem is replaced by its successor.",
        "net.ipv4.tcp_migrate_req = 1",
      ].join("\n"),
      reload: `[ ! -e ${value} ] || echo 1 2>/dev/null >${value} || true`,
    },
    opts,
  );
}
