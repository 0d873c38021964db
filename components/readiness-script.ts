/** Asks a machine whether it can take what a stack puts on it: the script, and what its answer means. Text in, text out. */
import { shellQuote } from "./shell.ts";

/** A port of the machine, and the container that may have it. */
export interface WantedPort {
  port: number;
  container: string;
  /** The configuration key that moves it. @example "machine.hubPort" */
  key: string;
}

export interface ReadinessArgs {
  ports: readonly WantedPort[];
  /** Where data will lie; its disk must have room. */
  dataDirectory: string;
  /** How the script calls the engine. @example "docker" */
  docker: string;
}

export interface Problem {
  what: string;
  next: string;
}

/** Less room than this and the first start fails half-way, MiB. */
const leastFreeMb = 512;

/** Reads only. */
export function readinessScript({ dataDirectory, docker }: Omit<ReadinessArgs, "ports">): string {
  return [
    `if said=$(${docker} version --format '{{.Server.Version}}' 2>&1); then printf 'engine %s\\n' "$said"`,
    `else printf 'no-engine %s\\n' "$(printf '%s' "$said" | tail -n 1)"; fi`,
    `${docker} ps --format 'runs {{.Names}}' 2>/dev/null`,
    // Of the first process: a script that runs in a container would else see the container's own.
    "for table in tcp tcp6; do",
    '  path=/proc/1/net/$table; [ -r "$path" ] || path=/proc/net/$table',
    `  awk '$4 == "0A" { split($2, at, ":"); print "listens", at[2] }' "$path" 2>/dev/null`,
    "done",
    // Not every machine has it, and it names other users' processes to root alone.
    `ss -Hltnp 2>/dev/null | awk '{ print "by", $4, $6 }'`,
    `at=${shellQuote(dataDirectory)}`,
    'while [ ! -d "$at" ]; do at=$(dirname "$at"); done',
    `df -Pk "$at" | awk -v at="$at" 'NR == 2 { print "free", $4, at }'`,
    "exit 0",
  ].join("\n");
}

/** What would make an `up` fail; none when the script said nothing that it can be judged by. */
export function readinessProblems(stdout: string, machine: string, { ports }: ReadinessArgs): Problem[] {
  const words = stdout.split("\n").map((line) => line.trim().split(" "));
  const of = (kind: string) => words.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  const [refused] = of("no-engine");
  if (refused !== undefined) {
    return [
      {
        what: `no Docker engine answers on ${machine}: ${refused.join(" ")}`,
        next: "Install and start it there, or let ssh.user use it (usermod -aG docker <user>)",
      },
    ];
  }
  const running = new Set(of("runs").map(([name]) => name));
  const listening = new Set(of("listens").map(([hex = ""]) => Number.parseInt(hex, 16)));
  const owner = (port: number) => {
    const [, users = ""] = of("by").find(([address = ""]) => address.endsWith(`:${port}`)) ?? [];
    const name = /"([^"]+)"/.exec(users)?.[1];
    return name === undefined ? "another process" : name;
  };
  const taken = ports
    .filter(({ port, container }) => listening.has(port) && !running.has(container))
    .map(({ port, key }) => ({
      what: `port ${port} on ${machine} is taken by ${owner(port)}`,
      next: `Stop it, or choose another: pulumi config set --path ${key} <port>`,
    }));
  return [...taken, ...room(of("free"), machine)];
}

function room(lines: string[][], machine: string): Problem[] {
  const [kilobytes, ...path] = lines[0] ?? [];
  const freeMb = Math.floor(Number(kilobytes) / 1024);
  if (kilobytes === undefined || Number.isNaN(freeMb) || freeMb >= leastFreeMb) return [];
  return [
    {
      what: `the disk of ${path.join(" ")} on ${machine} has ${freeMb} MiB free, and the pair needs ${leastFreeMb} to start`,
      next: "Make room there, or set paths.data to a directory on another disk",
    },
  ];
}
