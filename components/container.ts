/** The one way a container is made here: what hardens and bounds it stands in this file and cannot be left out. */
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { type Exception, exceptionLabel } from "./policy/exceptions.ts";

export interface ContainerSpec {
  /**
   * Name on the machine. Without one it is that of the resource with a generated suffix, and the container is replaced by one that
   * starts beside it and takes over. @example "tandem-mainpc-nats"
   */
  name?: string;
  image: pulumi.Input<string>;
  /** Replaces the image's entry point. @default the image's */
  entrypoint?: string[];
  command: string[];
  /** User and group, numeric and of this container alone: its limit of processes counts by user. */
  uid: number;
  /** Directories, never files: a replaced file would keep its old content in the container. */
  mounts: docker.types.input.ContainerMount[];
  /** Exits with 0 when healthy; creation waits for it. `none` for an image that holds nothing to ask with: then nobody waits. */
  healthcheck: string[] | "none";
  /** For so long after its start a check that fails does not count, seconds; creation waits for 30 more, and for a minute at least. @default 10 */
  startSeconds?: number;
  memoryMb: number;
  /** In tenths. @example 1.5 */
  cpus: number;
  /** Processes and threads together. */
  maxProcesses: number;
  /** Between SIGTERM and SIGKILL, seconds. */
  stopGraceSeconds: number;
  /** What must replace the container when it changes, beside its own arguments. */
  labels: Record<string, pulumi.Input<string>>;
  /** Size of /tmp, which counts as memory, MiB. @default 16 */
  tmpMb?: number;
  /** Every GPU of the machine; its memory is not divided. @default false */
  gpu?: boolean;
  /**
   * The one exception from all that hardens: root of the container with NET_ADMIN and NET_RAW, which alone can move an address, and
   * SETGID, without which keepalived 2.2 takes every check that it cannot start for a success. No other user gets them under
   * `no-new-privileges`. Root's processes are not counted. @default false
   */
  movesAddresses?: boolean;
  /**
   * Root of the container, since the engine's socket belongs to root, but without a single capability; its group is this one.
   * Root's processes are not counted. @default none: user and group are `uid`
   */
  engineGroup?: number;
  /** Who decides whether it runs once it is there. @default "pulumi" */
  runs?: RunState;
}

export type RunState =
  /** Pulumi: it always runs. */
  | "pulumi"
  /** Somebody else, from when Pulumi has started it; Docker starts it again when it fails. */
  | "started"
  /** Somebody else: it is created stopped, and nobody but that one starts it, Docker neither. */
  | "stopped";

/** Creation fails unless the container is healthy within this time, seconds. */
const leastWaitSeconds = 60;
/** Three checks at their interval and deadline, from when they count, seconds. */
const checkedSeconds = 30;

const runStates = {
  pulumi: { restart: "unless-stopped" },
  started: { restart: "unless-stopped", mustRun: false },
  stopped: { restart: "no", start: false, mustRun: false },
} as const satisfies Record<RunState, Partial<docker.ContainerArgs>>;

export function hardenedContainer(
  resourceName: string,
  spec: ContainerSpec,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { runs = "pulumi", healthcheck, startSeconds = 10, uid, movesAddresses = false, engineGroup } = spec;
  const waitTimeout = Math.max(leastWaitSeconds, startSeconds + checkedSeconds);
  if ((uid === 0) !== (movesAddresses || engineGroup !== undefined))
    throw new RangeError(`${resourceName}: root is for a container that moves addresses or speaks to the engine`);
  return new docker.Container(
    resourceName,
    {
      name: spec.name,
      image: spec.image,
      entrypoints: spec.entrypoint,
      command: spec.command,
      labels: Object.entries({ ...spec.labels, ...exceptionOf(spec) }).map(([label, value]) => ({ label, value })),
      mounts: spec.mounts,
      // The agents of the fleet use the host's network too, and a probe through a bridge would test the bridge.
      networkMode: "host",

      user: `${uid}:${engineGroup ?? uid}`,
      readOnly: true,
      tmpfs: { "/tmp": `rw,noexec,nosuid,nodev,size=${spec.tmpMb ?? 16}m` },
      // With CAP_, as the provider reads them back; written otherwise, an `up --refresh` would replace the container.
      capabilities: {
        drops: ["ALL"],
        ...(movesAddresses ? { adds: ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SETGID"] } : {}),
      },
      securityOpts: ["no-new-privileges:true"],
      privileged: false,

      memory: spec.memoryMb,
      // Equal to memory: no swap. A store that swaps answers too late to be of use.
      memorySwap: spec.memoryMb,
      // Read back with one decimal; written otherwise, each further `up` would replace the container.
      cpus: spec.cpus.toFixed(1),
      gpus: spec.gpu === true ? "all" : undefined,
      // The provider has no pids limit; with a user of its own the container is held by this one.
      ulimits: [
        { name: "nproc", soft: spec.maxProcesses, hard: spec.maxProcesses },
        { name: "nofile", soft: 65_536, hard: 65_536 },
        // A core of a process would leave its seeds and keys wherever the machine keeps cores.
        { name: "core", soft: 0, hard: 0 },
      ],

      healthcheck:
        healthcheck === "none"
          ? undefined
          : {
              tests: ["CMD", ...healthcheck],
              interval: "5s",
              timeout: "3s",
              retries: 3,
              startPeriod: asReadBack(startSeconds),
            },
      // Nobody is healthy who was not started.
      ...(healthcheck === "none" || runs === "stopped" ? {} : { wait: true, waitTimeout }),
      ...runStates[runs],
      stopSignal: "SIGTERM",
      stopTimeout: spec.stopGraceSeconds,
      destroyGraceSeconds: spec.stopGraceSeconds,

      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "5" },
    },
    // The old one holds the ports, unless it shares them.
    { ...opts, deleteBeforeReplace: spec.name !== undefined },
  );
}

/** A time as the provider reads it back; written otherwise, an `up --refresh` would replace the container. @example 90 → "1m30s" */
function asReadBack(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}

/** Says to the policies by which of the exceptions above it may be more than others, or checked less. */
function exceptionOf({ movesAddresses, engineGroup, healthcheck }: ContainerSpec): { [exceptionLabel]?: Exception } {
  if (movesAddresses) return { [exceptionLabel]: "moves-addresses" };
  if (engineGroup !== undefined) return { [exceptionLabel]: "speaks-to-the-engine" };
  return healthcheck === "none" ? { [exceptionLabel]: "asked-by-the-hub" } : {};
}

/** A mount of a directory that the container only reads. */
export function readOnlyDirectory(source: pulumi.Input<string>, target: string): docker.types.input.ContainerMount {
  return { type: "bind", source, target, readOnly: true };
}
