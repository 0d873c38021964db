/** The one way a container is made here: what hardens and bounds it stands in this file and cannot be left out. */
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";

export interface ContainerSpec {
  /** Name on the machine. @example "tandem-mainpc-nats" */
  name: string;
  image: pulumi.Input<string>;
  /** Replaces the image's entry point. @default the image's */
  entrypoint?: string[];
  command: string[];
  /** User and group, numeric and of this container alone: its limit of processes counts by user. */
  uid: number;
  /** Directories, never files: a replaced file would keep its old content in the container. */
  mounts: docker.types.input.ContainerMount[];
  /** Exits with 0 when healthy. Creation waits for it. */
  healthcheck: string[];
  memoryMb: number;
  /** @example 2 */
  cpus: number;
  /** Processes and threads together. */
  maxProcesses: number;
  /** Between SIGTERM and SIGKILL, seconds. */
  stopGraceSeconds: number;
  /** What must replace the container when it changes, beside its own arguments. */
  labels: Record<string, pulumi.Input<string>>;
}

/** Creation fails unless the container is healthy within this time, seconds. */
const waitSeconds = 60;

export function hardenedContainer(
  resourceName: string,
  spec: ContainerSpec,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  return new docker.Container(
    resourceName,
    {
      name: spec.name,
      image: spec.image,
      entrypoints: spec.entrypoint,
      command: spec.command,
      labels: Object.entries(spec.labels).map(([label, value]) => ({ label, value })),
      mounts: spec.mounts,
      // The agents of the fleet use the host's network too, and a probe through a bridge would test the bridge.
      networkMode: "host",

      user: `${spec.uid}:${spec.uid}`,
      readOnly: true,
      tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=16m" },
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      privileged: false,

      memory: spec.memoryMb,
      // Equal to memory: no swap. A store that swaps answers too late to be of use.
      memorySwap: spec.memoryMb,
      // As the engine gives it back: "2" would be a difference, and a replacement, at each run.
      cpus: spec.cpus.toFixed(1),
      // The provider has no pids limit; with a user of its own the container is held by this one.
      ulimits: [
        { name: "nproc", soft: spec.maxProcesses, hard: spec.maxProcesses },
        { name: "nofile", soft: 65_536, hard: 65_536 },
      ],

      healthcheck: {
        tests: ["CMD", ...spec.healthcheck],
        interval: "5s",
        timeout: "3s",
        retries: 3,
        startPeriod: "10s",
      },
      wait: true,
      waitTimeout: waitSeconds,
      restart: "unless-stopped",
      stopSignal: "SIGTERM",
      stopTimeout: spec.stopGraceSeconds,
      destroyGraceSeconds: spec.stopGraceSeconds,

      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "5" },
    },
    // The old one holds the ports.
    { ...opts, deleteBeforeReplace: true },
  );
}

/** A mount of a directory that the container only reads. */
export function readOnlyDirectory(source: pulumi.Input<string>, target: string): docker.types.input.ContainerMount {
  return { type: "bind", source, target, readOnly: true };
}
