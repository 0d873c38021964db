/** How a machine is reached for its Docker engine and its files: over SSH with a pinned host key, or on this computer. Without Pulumi: commands use it, too. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { asOwner, type Become } from "./become.ts";
import type { FoundFiles } from "./drift-script.ts";
import { shellQuote } from "./shell.ts";
import { type Jump, sharedSshOptions, sshOptions } from "./ssh.ts";

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

/** A script of root's as the machine's user runs it. */
export function ownerScript(script: string, reach: Reach): string {
  return reach.kind === "local" ? script : asOwner(script, reach.become ?? { kind: "none" });
}

/** How a script comes to a machine: by a connection of its own, or by one that is kept open for a minute and spares the next its set-up. */
export type Way = "own" | "shared";

/** The program and its arguments that run a script of root's on the machine from this computer; input and output stay ours. */
export function shellCommand(reach: Reach, script: string, way: Way = "own"): [string, ...string[]] {
  return userCommand(reach, ownerScript(script, reach), way);
}

/** `shellCommand` for a script that runs as the machine's user, whoever that is. */
export function userCommand(reach: Reach, script: string, way: Way = "own"): [string, ...string[]] {
  if (reach.kind === "local") return ["sh", "-c", script];
  const { host, port, user, hostKey, jump } = reach;
  const options = way === "shared" ? sharedSshOptions(reach) : sshOptions(hostKey, jump);
  return ["ssh", ...options, "-p", `${port}`, `${user}@${host}`, script];
}

/** A machine was not reached, or a script there failed; the message is ssh's, or the script's, own words. */
export class Unanswered extends Error {
  readonly reached: boolean;

  constructor(words: string, reached: boolean) {
    super(words);
    this.reached = reached;
  }
}

/** Deadline of a question to a machine, ms; a preview waits for it. */
const askMs = 30_000;
/** ssh's own code for a connection that could not be made. */
const sshFailed = 255;

/**
 * Runs a command that reads, outside of the engine, and resolves with what it printed.
 *
 * @param command from `shellCommand` or `userCommand`
 * @param deadlineMs @default 30000
 * @throws Unanswered
 */
export async function askMachine(command: readonly [string, ...string[]], deadlineMs = askMs): Promise<string> {
  const [program, ...args] = command;
  const asked = promisify(execFile)(program, args, { timeout: deadlineMs, maxBuffer: 16 * 1024 ** 2 });
  asked.child.stdin?.end();
  const { stdout } = await asked.catch((error: Error & { code?: unknown; killed?: boolean; stderr?: string }) => {
    const words = error.stderr?.trim() ?? "";
    if (error.killed) throw new Unanswered(`${words}\nno answer within ${deadlineMs / 1000} s`.trim(), false);
    if (error.code === "ENOENT") throw new Unanswered(`cannot start ${program}: it is not on PATH`, false);
    // execFile's own message repeats the whole script.
    throw new Unanswered(words || `the script ended with ${error.code}`, error.code !== sshFailed);
  });
  return stdout;
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
