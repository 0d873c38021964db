/** Finds which planned ports are taken already on this computer, and by whom. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { OperatorError } from "../error.ts";
import { otherOffset, type PlannedPort } from "./ports.ts";

/** Throws naming every port that cannot be had. */
export async function requireFree(ports: readonly PlannedPort[]): Promise<void> {
  const byPort = new Map(ports.map((port) => [port.localPort, port]));
  const taken: string[] = [];
  for (const { localPort, machine, what } of byPort.values()) {
    if (await canBind(localPort)) continue;
    const owner = ownerOf(localPort);
    taken.push(`${localPort} (${machine} ${what})${owner === undefined ? "" : ` by ${owner}`}`);
  }
  if (taken.length === 0) return;
  const shown = taken.slice(0, 5).join("\n  ");
  const more = taken.length > 5 ? `\n  and ${taken.length - 5} more` : "";
  throw new OperatorError(
    "port.taken",
    `${taken.length === 1 ? "a port is" : `${taken.length} ports are`} in use already:\n  ${shown}${more}`,
    `Stop what holds them, or start with --port-offset ${otherOffset}`,
  );
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** `process 123 (node server.js)`; undefined where the kernel does not tell (other systems, other users' processes). */
function ownerOf(port: number): string | undefined {
  try {
    const inodes = new Set([...listeners("/proc/net/tcp", port), ...listeners("/proc/net/tcp6", port)]);
    for (const pid of readdirSync("/proc")) {
      if (/^\d+$/.test(pid) && holds(pid, inodes)) return `process ${pid} (${commandOf(pid)})`;
    }
  } catch {
    // Not Linux.
  }
  return undefined;
}

/** Inodes of the sockets that listen on this port; state 0A is LISTEN. */
function listeners(file: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === "0A")
    .flatMap((fields) => fields[9] ?? []);
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

const commandOf = (pid: string) =>
  readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean).join(" ").slice(0, 80);
