/** Runs programs of this computer for the lab, with their output kept and their input given. */
import { type ChildProcess, spawn } from "node:child_process";

export interface Executed {
  /** Exit code; 128 + n is not used, a signal gives null. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface ExecuteOptions {
  /** Standard input. @default none */
  input?: string;
  env?: NodeJS.ProcessEnv;
  /** The program is killed then. @default 60000 */
  deadlineMs?: number;
}

/** Resolves however the program ends; rejects only when it cannot be started or runs out of time. */
export async function execute(
  command: string,
  args: readonly string[],
  options: ExecuteOptions = {},
): Promise<Executed> {
  const { input, env, deadlineMs = 60_000 } = options;
  const child = spawn(command, args, { env, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      output[name] += chunk;
    });
  }
  // A program that ends without reading its input closes the pipe; its exit code says what there is to say.
  child.stdin?.on("error", () => {}).end(input);
  return { code: await ended(child, describe(command, args), deadlineMs), ...output };
}

/** `execute` for programs that must succeed. Resolves with standard output, without its last line break. */
export async function output(command: string, args: readonly string[], options?: ExecuteOptions): Promise<string> {
  const { code, stdout, stderr } = await execute(command, args, options);
  if (code === 0) return stdout.trimEnd();
  throw new Error([`${describe(command, args)} exited with ${code}`, ...lastLines(stderr || stdout)].join("\n  "));
}

/** Feeds the output of one program to another. */
export async function pipe(
  from: readonly [string, ...string[]],
  to: readonly [string, ...string[]],
  deadlineMs = 300_000,
): Promise<void> {
  const [source, ...sourceArgs] = from;
  const [sink, ...sinkArgs] = to;
  const errors: string[] = [];
  const reader = spawn(sink, sinkArgs, { stdio: ["pipe", "ignore", "pipe"] });
  const writer = spawn(source, sourceArgs, { stdio: ["ignore", "pipe", "pipe"] });
  for (const child of [reader, writer])
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => errors.push(chunk));
  reader.stdin.on("error", () => {});
  writer.stdout.pipe(reader.stdin);
  const codes = await Promise.all([
    ended(writer, describe(source, sourceArgs), deadlineMs),
    ended(reader, describe(sink, sinkArgs), deadlineMs),
  ]);
  if (codes.some((code) => code !== 0)) {
    const what = `${describe(source, sourceArgs)} | ${describe(sink, sinkArgs)} exited with ${codes.join(" | ")}`;
    throw new Error([what, ...lastLines(errors.join(""))].join("\n  "));
  }
}

function ended(child: ChildProcess, name: string, deadlineMs: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${name} did not end in ${deadlineMs / 1_000} s`));
    }, deadlineMs);
    child.once("error", (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(deadline);
      resolve(code);
    });
  });
}

const describe = (command: string, args: readonly string[]) => [command, ...args.slice(0, 2)].join(" ");
const lastLines = (text: string) => text.trimEnd().split("\n").slice(-5);
