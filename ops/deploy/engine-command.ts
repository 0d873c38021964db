/**
 * Starts the Pulumi CLI for the Automation API in a process group of its own: Ctrl-C at a terminal would reach it beside this
 * program's own word, and a second one makes it break off at once. Its environment says which run it belongs to, so that a later
 * run finds what is left of one that was killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { messageOf } from "../../hub/io/log.ts";
import { collected } from "../collected.ts";
import { OperatorError } from "../error.ts";
import { environmentOf, isAlive, listProcesses, signal, stopProcesses } from "../local/processes.ts";

const marker = "TANDEM_DEPLOY_RUN";
/** An engine that was asked to end finishes the resource that it is at, ms. */
const endMs = 90_000;
const pollMs = 200;

/** The CLI ended with another code than 0. */
export class EngineError extends Error {
  readonly stdout: string;
  readonly stderr: string;

  constructor(message: string, { stdout, stderr }: { stdout: string; stderr: string }) {
    super(message);
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

const minuteMs = 60_000;

export interface Deadlines {
  /** Of each subcommand. @default 2 min for one that is not named */
  atMostMs: Readonly<Record<string, number>>;
  /** After SIGINT, until all of it is killed. */
  endMs: number;
}

const defaults: Deadlines = { atMostMs: { up: 15 * minuteMs, preview: 5 * minuteMs }, endMs };
const otherMs = 2 * minuteMs;

type OnText = (text: string) => void;

/** What the Automation API calls instead of its own; `run` is not in its types. */
export class EngineCommand {
  readonly command: string;
  readonly version: PulumiCommand["version"];
  readonly #runId: string;
  readonly #deadlines: Deadlines;
  readonly #children = new Set<ChildProcess>();

  private constructor(found: PulumiCommand, runId: string, deadlines: Deadlines) {
    this.command = found.command;
    this.version = found.version;
    this.#runId = runId;
    this.#deadlines = deadlines;
  }

  /** @throws OperatorError when the CLI is not there or too old */
  static async find(runId: string, deadlines = defaults): Promise<EngineCommand> {
    try {
      return new EngineCommand(await PulumiCommand.get(), runId, deadlines);
    } catch (error) {
      const text = messageOf(error);
      const what = /ENOENT/.test(text) ? "The pulumi CLI is not in the PATH" : `The pulumi CLI cannot be used: ${text}`;
      throw new OperatorError(
        "deploy.pulumi-missing",
        what,
        "Install it, 3.248 or later (https://www.pulumi.com/docs/install), and run this again",
      );
    }
  }

  async run(
    args: string[],
    cwd: string,
    variables: Record<string, string>,
    onOutput?: OnText,
    onError?: OnText,
    abort?: AbortSignal,
  ): Promise<{ stdout: string; stderr: string; code: number; toString(): string }> {
    const env = {
      ...process.env,
      ...variables,
      PULUMI_AUTOMATION_API: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      [marker]: this.#runId,
    };
    const unasked = answerUnasked(args);
    if (unasked !== undefined) return { stdout: unasked, stderr: "", code: 0, toString: () => unasked };
    const whole = args.includes("--non-interactive") ? args : [...args, "--non-interactive"];
    const child = spawn(this.command, whole, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    const output = collected(child);
    if (onOutput) child.stdout.on("data", onOutput);
    if (onError) child.stderr.on("data", onError);
    const onAbort = () => void child.kill("SIGINT");
    abort?.addEventListener("abort", onAbort);
    const late = this.#endLate(child, args[0] ?? "");
    try {
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      });
      if (code === 0) return { ...output, code, toString: () => output.stdout };
      if (late.minutes !== undefined) throw tooLate(args[0] ?? "", late.minutes);
      throw new EngineError(`pulumi ${args[0]} ended with ${code ?? child.signalCode}`, output);
    } finally {
      late.clear();
      abort?.removeEventListener("abort", onAbort);
      this.#children.delete(child);
    }
  }

  /** A provider that waits for a machine that says nothing would be waited for for ever. */
  #endLate(child: ChildProcess, subcommand: string): { minutes: number | undefined; clear(): void } {
    const atMostMs = this.#deadlines.atMostMs[subcommand] ?? otherMs;
    const late: { minutes: number | undefined; clear(): void } = {
      minutes: undefined,
      clear: () => clearTimeout(timer),
    };
    let timer = setTimeout(() => {
      late.minutes = atMostMs / minuteMs;
      child.kill("SIGINT");
      timer = setTimeout(() => child.pid !== undefined && signal(-child.pid, "SIGKILL"), this.#deadlines.endMs);
    }, atMostMs);
    return late;
  }

  /** Ends what runs, at once; for an operator who will not wait. */
  kill(): void {
    for (const { pid } of this.#children) if (pid !== undefined) signal(-pid, "SIGKILL");
    for (const pid of processesOf([this.#runId])) signal(pid, "SIGKILL");
  }
}

/**
 * What the Automation API asks beside the work itself and nobody here reads: a second or more each time, and outputs with their secrets
 * in plain. Every subcommand names its stack, so none need be selected either: the one that an operator has selected stays.
 */
function answerUnasked(args: readonly string[]): string | undefined {
  switch (args.slice(0, 2).join(" ")) {
    case "stack select":
      return "";
    case "stack output":
      return "{}";
    case "stack history":
      return "[]";
    default:
      return undefined;
  }
}

function tooLate(subcommand: string, minutes: number): OperatorError {
  return new OperatorError(
    "deploy.engine-late",
    `pulumi ${subcommand} did not end within ${minutes} min and was ended`,
    "tandem doctor says which machine does not answer; run this again once it does",
  );
}

/** Ends what earlier runs of this computer have left running: an engine may have outlived the command that started it. */
export async function endLeftovers(runIds: readonly string[], say: (line: string) => void): Promise<void> {
  const left = processesOf(runIds);
  if (left.length === 0) return;
  say(`ending what is left of it: ${left.length} processes of its engine`);
  const engines = listProcesses().filter(
    ({ pid, command }) => left.includes(pid) && /^\S*pulumi (up|preview|refresh)\b/.test(command),
  );
  for (const { pid } of engines) signal(pid, "SIGINT");
  for (
    const endAtMs = performance.now() + endMs;
    engines.some(({ pid }) => isAlive(pid)) && performance.now() < endAtMs;
  )
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  await stopProcesses(processesOf(runIds));
}

/** Those whose environment names one of the runs, on Linux, where it can be read. */
function processesOf(runIds: readonly string[]): number[] {
  if (process.platform !== "linux" || runIds.length === 0) return [];
  return listProcesses().flatMap(({ pid }) => {
    if (pid === process.pid) return [];
    // Whole: a record that a machine gives may name the run, and must not stand for others'.
    const environment = environmentOf(pid).split("\0");
    return runIds.some((id) => environment.includes(`${marker}=${id}`)) ? pid : [];
  });
}
