/** What the stack of a lab's machine is configured with, so that the real Pulumi program can be run against it. */
import { stringify } from "yaml";
import type { z } from "zod";
import type { SatelliteSite } from "../../components/satellite-site.ts";
import type { Site } from "../../components/site.ts";
import type { StackImages } from "./images.ts";
import { type MachineName, machineNames, peerOf, satelliteName } from "./plan.ts";

export type StackConfig = z.input<typeof Site>;
export type SatelliteStackConfig = z.input<typeof SatelliteSite>;

export interface StackConfigArgs {
  machine: MachineName;
  addresses: Record<MachineName, string>;
  /** Of `machine`, type and key. */
  hostKey: string;
  /** User on the machine. @default "root" */
  user?: string;
  images: StackImages;
  /** `host:port` that answers as long as the machine has a network. */
  reference: string;
}

/** Ports and names as in the repository's stacks. */
const machines = {
  mainpc: { hubName: "ObservabilityHub", hubPort: 9000, natsPort: 4222, monitoringPort: 8222, pushgatewayPort: 9091 },
  pc2: { hubName: "EdgeHub", hubPort: 9100, natsPort: 4223, monitoringPort: 8223, pushgatewayPort: 9091 },
};

/** Keys without the project's name, as `parseStackConfig` takes them. */
export function stackConfig({ machine, addresses, hostKey, user = "root", images, reference }: StackConfigArgs) {
  const entry = (name: MachineName) => ({ name, address: addresses[name], ...machines[name] });
  return {
    machine: entry(machine),
    peer: entry(peerOf(machine)),
    leaf: { listener: "mainpc", port: 7422 },
    ssh: { user, port: 22, hostKey },
    images: { ...images },
    // Two machines share one computer here.
    jetstream: { maxMemoryMb: 256, maxStoreMb: 10_240 },
    limits: { hubMemoryMb: 512, natsMemoryMb: 512, pushgatewayMemoryMb: 128 },
    references: [reference],
  } satisfies StackConfig;
}

export interface SatelliteConfigArgs {
  /** Of the satellite. */
  address: string;
  /** Of the pair. */
  addresses: Record<MachineName, string>;
  hostKey: string;
  /** @default "root" */
  user?: string;
  images: StackImages;
  /** Folder of an inventory that has it. */
  fleet: string;
}

/** Keys without the project's name, as `parseStack` takes them. */
export function satelliteConfig({ address, addresses, hostKey, user = "root", images, fleet }: SatelliteConfigArgs) {
  return {
    role: "satellite",
    machine: { name: satelliteName, address },
    hubs: machineNames.map((name) => ({ name, address: addresses[name], hubPort: machines[name].hubPort })),
    fleet: { directory: fleet },
    ssh: { user, port: 22, hostKey },
    images: { hubBase: images.hubBase },
  } satisfies SatelliteStackConfig;
}

/** The text of a `Pulumi.<stack>.yaml`, for `pulumi --config-file`. */
export function stackFile(config: StackConfig | SatelliteStackConfig, project = "tandem"): string {
  const entries = Object.entries(config).map(([key, value]) => [`${project}:${key}`, value]);
  return stringify({ config: Object.fromEntries(entries) }, { lineWidth: 0 });
}
