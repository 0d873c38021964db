/** Looks at and ends processes of this computer by their number or command line. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface FoundProcess {
  pid: number;
  command: string;
  /** Its words one by one, where the kernel tells them apart: on Linux. */
  args?: readonly string[];
}

/** No two processes of one number have the same. */
export interface Birth {
  /** Id of the kernel's start. */
  boot: string;
  /** When the process was started, clock ticks since that. */
  tick: number;
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

/** Undefined of one that has ended, also while its parent has not heard of it yet; and where the kernel does not tell: elsewhere than on Linux. */
export function birthOf(pid: number): Birth | undefined {
  try {
    const fields = statOf(pid);
    if (/[ZX]/.test(fields[0] ?? "")) return undefined;
    // Field 22 of proc(5).
    return { boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), tick: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

/** This process, its parent, and theirs: they name what we were asked for in their command lines. */
export function ownLine(): Set<number> {
  const line = new Set<number>();
  const parentOf = parents();
  for (let pid: number | undefined = process.pid; pid !== undefined && pid > 0; pid = parentOf(pid)) line.add(pid);
  return line;
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
      const text = readFileSync(`/proc/${name}/cmdline`, "utf8");
      const args = text.replace(/\0$/, "").split("\0");
      const command = args.join(" ").trim();
      if (command !== "") found.push({ pid: Number(name), command, args });
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

/** Fields of `/proc/PID/stat` from the third one on: the second one, a name in brackets, may hold anything. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function parents(): (pid: number) => number | undefined {
  if (process.platform === "linux")
    return (pid) => {
      try {
        return Number(statOf(pid)[1]);
      } catch {
        return undefined;
      }
    };
  const text = execFileSync("ps", ["-ax", "-o", "pid=,ppid="], { encoding: "utf8" });
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const byPid = new Map(lines.map(([pid = 0, parent = 0]) => [pid, parent]));
  return (pid) => byPid.get(pid);
}

/** A process's environment as it was at its start, on Linux; empty of one that is gone or another user's. */
export function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}
