/** How a machine is reached for its Docker engine and its files: over SSH with a pinned host key, or on this computer. */
import { local, remote, types } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { shellQuote } from "./shell.ts";

export type Reach =
  /** Keys come from the operator's ssh-agent, so that none stands in config or state. */
  | { kind: "ssh"; host: string; port: number; user: string; hostKey: string }
  /** A Docker socket of the computer that runs Pulumi. @example { kind: "local", socket: "unix:///var/run/docker.sock" } */
  | { kind: "local"; socket: string };

export interface ScriptArgs {
  /** POSIX sh; quiet, since what it prints lands in state. */
  script: pulumi.Input<string>;
  /** What the script reads; a change runs it again and is shown line by line in the preview. */
  stdin?: pulumi.Input<string>;
}

/** Runs a script on the machine when it is created and whenever it or its input changes; nothing is run at destroy. */
export function runScript(
  name: string,
  args: ScriptArgs,
  reach: Reach,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const common = {
    create: args.script,
    stdin: args.stdin,
    // sshd refuses variables that its AcceptEnv does not name.
    addPreviousOutputInEnv: false,
  };
  if (reach.kind === "local") {
    return new local.Command(name, { ...common, logging: types.enums.local.Logging.None }, opts);
  }
  return new remote.Command(
    name,
    { ...common, logging: types.enums.remote.Logging.None, connection: connection(reach) },
    opts,
  );
}

/** Arguments of the Docker provider for a machine. */
export function dockerProviderArgs(reach: Reach): docker.ProviderArgs {
  if (reach.kind === "local") return { host: reach.socket };
  return { host: `ssh://${reach.user}@${hostPort(reach.host, reach.port)}`, sshOpts: sshOptions(reach.hostKey) };
}

/**
 * POSIX sh that sends a signal to a container when it runs, and is content when it does not or is not there yet.
 *
 * @param signal name without SIG @example "HUP"
 */
export function signalContainer(reach: Reach, container: string, signal: string): string {
  const docker = dockerCommand(reach);
  const name = shellQuote(container);
  const running = `[ "$(${docker} inspect --format '{{.State.Running}}' ${name} 2>/dev/null)" = true ]`;
  return `if ${running}; then ${docker} kill --signal ${shellQuote(signal)} ${name} >/dev/null; fi`;
}

/** How a script on the machine calls the engine that Pulumi uses there. */
export function dockerCommand(reach: Reach): string {
  return reach.kind === "local" ? `docker --host ${shellQuote(reach.socket)}` : "docker";
}

function connection(reach: Reach & { kind: "ssh" }): types.input.remote.ConnectionArgs {
  return {
    host: reach.host,
    port: reach.port,
    user: reach.user,
    // Left out, the provider would trust whoever answers.
    hostKey: reach.hostKey,
    perDialTimeout: 10,
    dialErrorLimit: 3,
  };
}

/** The Docker provider starts `ssh`, which must trust the pinned key alone and share one connection: sshd limits how many may start. */
function sshOptions(hostKey: string): string[] {
  const options = [
    "BatchMode=yes",
    "ConnectTimeout=10",
    "StrictHostKeyChecking=yes",
    "UserKnownHostsFile=/dev/null",
    "GlobalKnownHostsFile=/dev/null",
    `KnownHostsCommand=/bin/echo %H ${hostKey}`,
    "ControlMaster=auto",
    "ControlPath=~/.ssh/tandem-%C",
    "ControlPersist=60",
  ];
  return options.flatMap((option) => ["-o", option]);
}
