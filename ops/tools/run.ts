/** Runs another program of this computer, its output going through our hands line by line. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Called with each line of either output. */
  onLine?: (line: string) => void;
  /** @default 600000 */
  deadlineMs?: number;
}

const defaultDeadlineMs = 600_000;
const tailLines = 5;

/** Throws with the last lines of the output when the program cannot be run, fails or does not end in time. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  const { cwd, env, onLine, deadlineMs = defaultDeadlineMs } = options;
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const tail: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      if (line.trim() === "") return;
      tail.push(line.trim());
      if (tail.length > tailLines) tail.shift();
      onLine?.(line);
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const onExit = () => void child.kill("SIGTERM");
  process.once("exit", onExit);
  try {
    const how = await new Promise<string | undefined>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code === 0 ? undefined : howItEnded(code, signal)));
    });
    if (how !== undefined) throw new Error([`${command} ${args[0] ?? ""} ${how}`, ...tail].join("\n  "));
  } finally {
    clearTimeout(timer);
    process.removeListener("exit", onExit);
  }

  function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
    if (signal === "SIGKILL") return `did not end in ${deadlineMs / 1_000} s`;
    return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  }
}
