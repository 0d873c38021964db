/** The container of one agent of the fleet: at home, or as the standby that takes over on the other machine. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type AgentContainer, commandOf, uidOf } from "../fleet/container.ts";
import { hubFolderOf } from "../fleet/hub-file.ts";
import type { PlacedAgent } from "../fleet/model.ts";
import { supervisedLabel } from "../hub/core/supervisor/label.ts";
import { hardenedContainer, type RunState, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import type { Reach } from "./reach.ts";
import { SecretFile } from "./secret-file.ts";

export type AgentRole = "home" | "standby";

export interface AgentArgs {
  /** Machine on which this container stands: for a standby, not the agent's own. */
  machine: string;
  /** How that machine is reached. */
  reach: Reach;
  /** Its entry of the inventory, with a `container` and `memoryMb`. */
  agent: PlacedAgent;
  /** @default "home" */
  role?: AgentRole;
  /** The machine's directory of models, from `ModelDirectory`; needed by an agent with `container.models`. @default none */
  models?: pulumi.Input<string>;
  /** Those that the agent's `container.secrets` names, by name; others are not looked at. @default none */
  secrets?: Record<string, pulumi.Input<string>>;
  /** Directory on the machine below which every agent has one for its data and logs. @default "/var/lib/tandem/agents" */
  dataDirectory?: string;
  /** Directory on the machine below which every agent has one for its secrets. @default "/etc/tandem/secrets/agents" */
  secretDirectory?: string;
  /** Directory on the machine below which every agent, and every standby, has one for its hub file. @default "/etc/tandem/hubs" */
  hubsDirectory?: string;
}

const logTarget = "/app/logs";
/** Mounted whole, so that a hub file that is replaced is seen (docs/agents.md). */
const hubsTarget = "/run/tandem";
const secretTarget = "/run/secrets";
const modelTarget = "/models";
/** Threads of numeric libraries count too. */
const maxProcesses = 1_024;
const tmpMb = 64;

/**
 * One that may move is started, or for a cold standby left stopped, when it is created; from then on Pulumi does not look whether
 * it runs, since a takeover changes that.
 *
 * @example
 * const [agent] = requireFleet().agents.filter(({ container }) => container !== undefined);
 * new Agent("mainpc-tutor", { machine: "mainpc", reach, agent, secrets: { TUTOR_TOKEN: config.requireSecret("tutor") } });
 */
export class Agent extends pulumi.ComponentResource {
  /** Name of the container, known once it is there. @example "TutorAgent-standby" */
  readonly container: pulumi.Output<string>;

  constructor(name: string, args: AgentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Agent", name, {}, opts);
    const { machine, reach, agent, role = "home" } = args;
    const { container: spec, memoryMb, mode = "notify" } = agent;
    if (spec === undefined || memoryMb === undefined) {
      throw new RangeError(`${agent.id} needs container and memoryMb to be made by an Agent`);
    }
    const children = { parent: this };
    const uid = uidOf(agent.name, spec);
    const directory = `${args.dataDirectory ?? "/var/lib/tandem/agents"}/${agent.name}`;

    const image = new docker.RemoteImage(`${name}-image`, { name: spec.image, keepLocally: true }, children);
    const logs = new DataDirectory(`${name}-logs`, { reach, path: `${directory}/logs`, uid }, children);
    // Root's, who alone writes there; the agent's group reads.
    const hubs = new DataDirectory(
      `${name}-hubs`,
      {
        reach,
        path: `${args.hubsDirectory ?? "/etc/tandem/hubs"}/${hubFolderOf(agent.name, role)}`,
        uid: 0,
        readers: uid,
      },
      children,
    );
    const container = hardenedContainer(
      `${name}-container`,
      {
        name: containerName(agent, role),
        image: image.imageId,
        command: commandOf(spec, portsOf(agent, role)),
        uid,
        mounts: [
          { type: "bind", source: logs.path, target: logTarget },
          readOnlyDirectory(hubs.path, hubsTarget),
          ...dataMounts(name, { ...args, directory: `${directory}/data`, uid, spec }, children),
          ...modelMounts(agent, spec, args.models),
          ...secretMounts(name, args, spec, uid, children),
        ],
        healthcheck: spec.healthcheck ?? "none",
        startSeconds: spec.startSeconds,
        memoryMb,
        cpus: spec.cpus,
        gpu: spec.gpu,
        maxProcesses,
        tmpMb,
        stopGraceSeconds: spec.stopGraceSeconds,
        // What the supervisor and the doctor find it by.
        labels: {
          "tandem.machine": machine,
          "tandem.service": agent.name,
          "tandem.role": role,
          "tandem.mode": mode,
          ...(isSupervised(agent, role) ? { [supervisedLabel]: `${machine}/${agent.name}` } : {}),
        },
        runs: runStateOf(agent, role),
      },
      children,
    );
    this.container = container.name;
    this.registerOutputs({ container: this.container });
  }
}

export function containerName({ name }: PlacedAgent, role: AgentRole): string {
  return role === "home" ? name : `${name}-standby`;
}

/** The ports that it has on the machine where it stands. */
export function portsOf(agent: PlacedAgent, role: AgentRole) {
  if (role === "home") return agent;
  if (agent.standby === undefined) throw new RangeError(`${agent.id} has no standby`);
  return agent.standby;
}

/** Whoever may be moved is started and stopped by those who move it. */
function runStateOf({ mode, standby }: PlacedAgent, role: AgentRole): RunState {
  if (standby === undefined) return "pulumi";
  return isSupervised({ mode }, role) ? "stopped" : "started";
}

/** Whether the machine's supervisor decides when it runs. */
export function isSupervised({ mode }: Pick<PlacedAgent, "mode">, role: AgentRole): boolean {
  return role === "standby" && mode === "cold";
}

function dataMounts(
  name: string,
  { reach, directory, uid, spec }: AgentArgs & { directory: string; uid: number; spec: AgentContainer },
  opts: pulumi.CustomResourceOptions,
): docker.types.input.ContainerMount[] {
  if (spec.data === undefined) return [];
  // As a directory: an empty volume would be given to whoever owns this path in the image.
  const { path } = new DataDirectory(`${name}-data`, { reach, path: directory, uid }, opts);
  return [{ type: "bind", source: path, target: spec.data }];
}

function modelMounts(
  { id }: PlacedAgent,
  { models }: AgentContainer,
  directory: pulumi.Input<string> | undefined,
): docker.types.input.ContainerMount[] {
  if (!models) return [];
  if (directory === undefined) throw new RangeError(`${id} loads models, but no directory of models was given`);
  return [readOnlyDirectory(directory, modelTarget)];
}

/** Each in a file of its own, all in one directory that this agent's user alone may enter. */
function secretMounts(
  name: string,
  { reach, agent, secrets = {}, secretDirectory = "/etc/tandem/secrets/agents" }: AgentArgs,
  spec: AgentContainer,
  uid: number,
  opts: pulumi.CustomResourceOptions,
): docker.types.input.ContainerMount[] {
  if (spec.secrets.length === 0) return [];
  const directory = `${secretDirectory}/${agent.name}`;
  const files = spec.secrets.map((secret) => {
    const content = secrets[secret];
    if (content === undefined) throw new RangeError(`${agent.id} reads the secret ${secret}, which was not given`);
    return new SecretFile(`${name}-secret-${secret}`, { reach, path: `${directory}/${secret}`, content, uid }, opts);
  });
  const written = pulumi.all(files.map(({ path }) => path)).apply(() => directory);
  return [readOnlyDirectory(written, secretTarget)];
}
