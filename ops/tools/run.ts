/** Runs another program of this computer, its output going through our hands line by line. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Ends the program and all that it has started. */
  signal?: AbortSignal;
  /** Called with each line of either output. */
  onLine?: (line: string) => void;
  /** Gets a line every ten seconds, with the time that has passed. */
  say?: (line: string) => void;
  /** @default 600000 */
  deadlineMs?: number;
}

const defaultDeadlineMs = 600_000;
const stillWorkingMs = 10_000;
/** For what does not heed a request to end. */
const politeMs = 5_000;
const tailLines = 5;

/** Throws with the last lines of the output when the program cannot be run, fails or does not end in time. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  const { cwd, env, signal, onLine, say, deadlineMs = defaultDeadlineMs } = options;
  signal?.throwIfAborted();
  const name = [command.slice(command.lastIndexOf("/") + 1), args[0]].join(" ").trim();
  const startedMs = performance.now();
  // A group of its own: a Ctrl-C reaches it only through us, with all that it has started.
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const tail: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      if (line.trim() === "") return;
      tail.push(line.trim());
      if (tail.length > tailLines) tail.shift();
      onLine?.(line);
    });
  }
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped = why;
    endGroup(child);
  };
  const onAbort = () => stop("was interrupted");
  signal?.addEventListener("abort", onAbort);
  const onExit = () => endGroup(child);
  process.once("exit", onExit);
  const deadline = setTimeout(() => stop(`did not end in ${deadlineMs / 1_000} s`), deadlineMs);
  const ticking = setInterval(() => {
    say?.(`${name} still works, ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  }, stillWorkingMs);
  try {
    const how = await new Promise<string | undefined>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, by) =>
        resolve(code === 0 ? undefined : by ? `was ended by ${by}` : `exited with ${code}`),
      );
    });
    const flaw = stopped ?? how;
    if (flaw !== undefined) throw new Error([`${name} ${flaw}`, ...tail].join("\n  "));
  } finally {
    clearTimeout(deadline);
    clearInterval(ticking);
    signal?.removeEventListener("abort", onAbort);
    process.removeListener("exit", onExit);
  }
}

function endGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  signalGroup(pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), politeMs).unref();
  child.once("close", () => clearTimeout(timer));
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // All of it has ended.
  }
}
