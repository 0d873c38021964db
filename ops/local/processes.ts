/** Looks at and ends processes of this computer by their number or command line. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface FoundProcess {
  pid: number;
  command: string;
}

const politeMs = 2_000;
const pollMs = 50;

export function listProcesses(): FoundProcess[] {
  return process.platform === "linux" ? fromProc() : fromPs();
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // kill's errors carry a code
  }
}

/** Asks politely, then kills; resolves when all are gone. */
export async function stopProcesses(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, "SIGTERM");
  for (let waitedMs = 0; waitedMs < politeMs; waitedMs += pollMs) {
    if (!pids.some(isAlive)) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  for (const pid of pids) signal(pid, "SIGKILL");
}

/** A process that ended meanwhile is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

function fromProc(): FoundProcess[] {
  const found: FoundProcess[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").join(" ").trim();
      if (command !== "") found.push({ pid: Number(name), command });
    } catch {
      // It ended while the list was read.
    }
  }
  return found;
}

function fromPs(): FoundProcess[] {
  const text = execFileSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" });
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    return match?.[2] === undefined ? [] : [{ pid: Number(match[1]), command: match[2] }];
  });
}

/** A process's environment as it was at its start, on Linux; empty of one that is gone or another user's. */
export function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}
