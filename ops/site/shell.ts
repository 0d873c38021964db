/** Runs a script on a machine of the site and gives back what it printed: over SSH with the pinned key, or on this computer. */
import { spawn } from "node:child_process";
import type { StackSite } from "../../components/site.ts";
import { sshFailure } from "../../components/ssh-failure.ts";
import { messageOf } from "../../hub/io/log.ts";
import { collected } from "../collected.ts";
import { OperatorError } from "../error.ts";
import { plainLines } from "../one-line.ts";

export interface ShellResult {
  code: number;
  stdout: string;
  /** Without what would move or colour a terminal: operators are shown it, and a machine may have been taken over. */
  stderr: string;
}

export interface ShellOptions {
  /** What the script reads. */
  stdin?: string;
  /** Keep the script's input open until it ends, so that it can tell when this process does. @default false */
  holdInput?: boolean;
  /** @default 60000 */
  deadlineMs?: number;
  /** It is killed when it prints more. @default 16 MiB */
  mostBytes?: number;
  /** Kills it. */
  signal?: AbortSignal;
}

const defaultDeadlineMs = 60_000;
/** What scripts print is text of some kilobytes; a machine that was taken over may print without end. */
const defaultMostBytes = 16 * 1024 ** 2;
/** Of what is said on standard error its end says why. */
const mostSaid = 64 * 1024;
/** ssh's own code for a connection that could not be made. */
const sshFailed = 255;

/** @param command the program and its arguments, as `shellCommand` of components/reach.ts makes them */
export function runShell(command: readonly string[], options: ShellOptions = {}): Promise<ShellResult> {
  const {
    stdin = "",
    holdInput = false,
    deadlineMs = defaultDeadlineMs,
    mostBytes = defaultMostBytes,
    signal,
  } = options;
  const [program = "sh", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const output = collected(child);
    const kill = () => void child.kill("SIGKILL");
    const timer = setTimeout(kill, deadlineMs);
    let leftBytes = mostBytes;
    for (const pipe of [child.stdout, child.stderr])
      pipe.on("data", (text: string) => {
        leftBytes -= text.length;
        if (leftBytes < 0) kill();
      });
    signal?.addEventListener("abort", kill);
    const ended = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", kill);
    };
    child.once("error", (error) => {
      ended();
      const next = `Install ${program}, or put it on PATH`;
      reject(new OperatorError("shell.unavailable", `cannot start ${program}: ${messageOf(error)}`, next));
    });
    child.once("close", (code, by) => {
      ended();
      const why =
        leftBytes < 0 ? `it printed more than ${mostBytes} bytes` : `it did not end within ${deadlineMs / 1_000} s`;
      const late = by === null ? "" : `\n${why}`;
      resolve({
        code: code ?? sshFailed,
        stdout: output.stdout,
        stderr: plainLines(`${output.stderr.slice(-mostSaid)}${late}`).trim(),
      });
    });
    // A script that ends early closes its input; what it says about that is in its code.
    child.stdin.on("error", () => {});
    child.stdin.write(stdin);
    if (!holdInput) child.stdin.end();
  });
}

/** Why a machine could not be spoken with, in an operator's words; undefined when the script itself ran. */
export function unreachable({ machine, ssh }: StackSite, result: ShellResult): OperatorError | undefined {
  if (result.code !== sshFailed) return undefined;
  const { what, next } = sshFailure(result.stderr, ssh.jump.host);
  return new OperatorError(
    "machine.unreachable",
    `${machine.name} cannot be reached at ${machine.address}: ${what}`,
    next,
  );
}
