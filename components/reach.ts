/** How a machine is reached for its Docker engine and its files: over SSH with a pinned host key, or on this computer. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { local, remote, types } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { asOwner, type Become } from "./become.ts";
import type { FoundFiles } from "./drift-script.ts";
import { shellQuote } from "./shell.ts";
import { type Jump, sshOptions } from "./ssh.ts";

export type Reach = (
  | SshReach
  /** A Docker socket of the computer that runs Pulumi. @example { kind: "local", socket: "unix:///var/run/docker.sock" } */
  | { kind: "local"; socket: string }
) & {
  /** What `findFiles` found there before anything was declared; files that were changed by hand are written again. @default not looked */
  found?: FoundFiles;
};

/** Keys come from the operator's ssh-agent, so that none stands in config or state. */
export interface SshReach {
  kind: "ssh";
  host: string;
  port: number;
  user: string;
  /** The machine's public host key, type and key. */
  hostKey: string;
  /** How scripts get the rights that `user` lacks. @default { kind: "none" } */
  become?: Become;
  /** Host to go through. @default none */
  jump?: Jump;
}

export interface ScriptArgs {
  /** POSIX sh; quiet, since what it prints lands in state. */
  script: pulumi.Input<string>;
  /** What the script reads; a change runs it again and is shown line by line in the preview. */
  stdin?: pulumi.Input<string>;
  /** Path of the file that the script writes; when it was changed by hand the script runs again. @default none */
  writes?: string;
}

/** Runs a script on the machine when it is created and whenever it or its input changes; nothing is run at destroy. */
export function runScript(
  name: string,
  args: ScriptArgs,
  reach: Reach,
  opts: pulumi.CustomResourceOptions,
): local.Command | remote.Command {
  const change = args.writes === undefined ? undefined : reach.found?.changeOf(args.writes);
  const common = {
    create: pulumi.output(args.script).apply((script) => ownerScript(script, reach)),
    stdin: args.stdin,
    triggers: change === undefined ? undefined : [change],
    // sshd refuses variables that its AcceptEnv does not name.
    addPreviousOutputInEnv: false,
  };
  // A file that is as it was keeps the trigger of its last repair, whatever that was: docs/decisions/006-file-drift.md.
  const options = change === undefined ? pulumi.mergeOptions(opts, { ignoreChanges: ["triggers"] }) : opts;
  if (reach.kind === "local") {
    return new local.Command(name, { ...common, logging: types.enums.local.Logging.None }, options);
  }
  return new remote.Command(
    name,
    { ...common, logging: types.enums.remote.Logging.None, connection: connection(reach) },
    options,
  );
}

/** A script of root's as the machine's user runs it. */
export function ownerScript(script: string, reach: Reach): string {
  return reach.kind === "local" ? script : asOwner(script, reach.become ?? { kind: "none" });
}

/** The program and its arguments that run a script of root's on the machine from this computer; input and output stay ours. */
export function shellCommand(reach: Reach, script: string): [string, ...string[]] {
  const owned = ownerScript(script, reach);
  if (reach.kind === "local") return ["sh", "-c", owned];
  const { host, port, user, hostKey, jump } = reach;
  return ["ssh", ...sshOptions(hostKey, jump), "-p", `${port}`, `${user}@${host}`, owned];
}

/** Deadline of a question to a machine, ms; a preview waits for it. */
const askMs = 20_000;

/** Runs a script that reads, outside of the engine, and resolves with what it printed. Rejects with the words of ssh or of the script. */
export async function askMachine(reach: Reach, script: string): Promise<string> {
  const [program, ...args] = shellCommand(reach, script);
  const asked = promisify(execFile)(program, args, { timeout: askMs, maxBuffer: 16 * 1024 ** 2 });
  asked.child.stdin?.end();
  const { stdout } = await asked.catch((error: Error & { stderr?: string }) => {
    // execFile's own message repeats the whole script.
    throw new Error(error.stderr?.trim().replaceAll(/\s*\n\s*/g, " ") || `no answer within ${askMs / 1000} s`);
  });
  return stdout;
}

/** Arguments of the Docker provider for a machine. */
export function dockerProviderArgs(reach: Reach): docker.ProviderArgs {
  if (reach.kind === "local") return { host: reach.socket };
  return {
    host: `ssh://${reach.user}@${hostPort(reach.host, reach.port)}`,
    sshOpts: sshOptions(reach.hostKey, reach.jump),
  };
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

function connection({ host, port, user, hostKey, jump }: SshReach): types.input.remote.ConnectionArgs {
  // Without a host key the provider would trust whoever answers.
  const to = (end: Jump) => ({ ...end, perDialTimeout: 10, dialErrorLimit: 3 });
  return { ...to({ host, port, user, hostKey }), ...(jump === undefined ? {} : { proxy: to(jump) }) };
}
