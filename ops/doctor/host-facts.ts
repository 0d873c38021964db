/** What the doctor asks a machine beyond its containers: a part of the same script, and the reading of what it prints. */
import { z } from "zod";
import { shellQuote } from "../../components/shell.ts";
import { type DirectoryFacts, directoriesScript, directoryIn, unmountedScript } from "./directory-facts.ts";
import { Sections } from "./sections.ts";

export interface HostArgs {
  machine: string;
  configDirectory: string;
  dataDirectory: string;
  /** How the engine is called there, from `dockerCommand`. */
  docker: string;
  /** Further ones that must be there, since no container says that it has them. @default none */
  directories?: readonly string[];
  /** Files of public certificates, on a machine of a secured pair. @default none */
  certificates?: readonly string[];
  /** Where logs are rotated: the folders of LogRotation. @default the machine has no care for logs */
  logs?: { configDirectory: string; stateDirectory: string };
}

export interface HostFacts {
  /** As each program prints its own; missing where it could not be asked. */
  versions: { nats?: string; pushgateway?: string; node?: string };
  freeBytes: number | undefined;
  /** Each write of a block with the wait for the disk, ms; empty where nothing could be written. */
  fsyncMs: number[];
  /** Undefined where the login may not read it. */
  sshd: { maxStartups: string; maxSessions: string; acceptEnv: string[] } | undefined;
  /** Ports that are listened on; undefined where it cannot be told. */
  listening: ReadonlySet<number> | undefined;
  /** Processes that listen, as far as they can be told. */
  owners: { port: number; name: string; pid: number }[];
  containers: { name: string; pid: number; user: string; binds: string[] }[];
  certificates: { path: string; pem: string }[];
  /** Directories that a container has from the machine, and those above; empty where the login may not look. */
  directories: DirectoryFacts[];
  /** Mount points of /etc/fstab above the data that nothing is mounted on. */
  unmounted: string[];
  logs: LogFacts | undefined;
}

export interface LogFacts {
  installed: boolean;
  /** What starts it. */
  timer: "systemd" | "cron" | undefined;
  /** What logrotate says is wrong with its configuration. */
  errors: string[];
  /** When it ended last, wall ms of the machine. */
  ranAtMs: number | undefined;
}

export const fsyncWrites = 20;
const fsyncSeconds = 10;
const kibi = 1024;

/** To be used within `factsScript`, whose functions it calls; writes one file of 80 KiB into the data directory and removes it. */
export function hostScript(args: HostArgs): string {
  const { machine, configDirectory, dataDirectory, directories = [], certificates = [], logs } = args;
  const ofMachine = `docker ps -aq --filter 'label=tandem.machine=${machine}' | xargs -r timeout 10 ${args.docker} inspect --format`;
  return [
    `running() { docker ps --filter 'label=tandem.machine=${machine}' --format '{{.Names}}' | grep -E "^tandem-${machine}-$1(-[0-9a-f]{7})?$" | head -n 1; }`,
    'within() { name=$(running "$1"); shift; [ -z "$name" ] || docker exec "$name" "$@" 2>&1 | head -n 1; }',
    "section nats; within nats nats-server --version",
    "section pushgateway; within pushgateway pushgateway --version",
    "section node; within hub node --version",
    roomScript(dataDirectory),
    fsyncScript(dataDirectory),
    "section sshd; (PATH=$PATH:/usr/sbin:/sbin; sshd -T 2>/dev/null | grep -iE '^(maxstartups|maxsessions|acceptenv) ')",
    "section listening; for table in tcp tcp6; do",
    '  path=/proc/1/net/$table; [ -r "$path" ] || path=/proc/net/$table',
    `  awk '$4 == "0A" { split($2, at, ":"); print at[2] }' "$path" 2>/dev/null`,
    "done",
    `section owners; ss -Hltnp 2>/dev/null | awk '{ print $4, $6 }'`,
    "section certificates",
    ...certificates.map(
      (path) => `[ ! -r ${shellQuote(path)} ] || { echo file ${shellQuote(path)}; cat ${shellQuote(path)}; }`,
    ),
    directoriesScript([configDirectory, dataDirectory, ...directories], ofMachine),
    unmountedScript(dataDirectory),
    ...(logs === undefined ? [] : [logsScript(logs)]),
  ].join("\n");
}

export function roomScript(directory: string): string {
  return `section room; df -Pk ${shellQuote(directory)} 2>/dev/null | awk 'NR == 2 { print $4 }'`;
}

/** As the streams do it: a block is written, then the disk is waited for. dd tells the time of both, and of nothing else. */
export function fsyncScript(directory: string): string {
  return [
    `section fsync; if probe=$(mktemp ${shellQuote(`${directory}/.tandem-fsync.XXXXXX`)} 2>/dev/null); then`,
    `  trap 'rm -f "$probe"' EXIT`,
    `  until=$(($(date +%s) + ${fsyncSeconds})) block=0`,
    '  one() { LC_ALL=C timeout 5 dd if=/dev/zero of="$probe" bs=4096 count=1 seek="$block" conv="notrunc,$1" 2>&1; }',
    `  while [ "$block" -lt ${fsyncWrites} ] && [ "$(date +%s)" -lt "$until" ]; do`,
    "    { one fdatasync || one fsync; } | grep copied",
    "    block=$((block + 1))",
    "  done",
    '  rm -f "$probe"',
    "fi",
  ].join("\n");
}

function logsScript({ configDirectory, stateDirectory }: NonNullable<HostArgs["logs"]>): string {
  const conf = shellQuote(`${configDirectory}/logrotate.conf`);
  return [
    "section logs; (PATH=$PATH:/usr/sbin:/sbin; echo looked",
    "command -v logrotate >/dev/null && echo installed",
    "[ -f /etc/cron.d/tandem-logs ] && echo timer cron",
    "[ -d /run/systemd/system ] && systemctl is-active --quiet tandem-logs.timer 2>/dev/null && echo timer systemd",
    `[ -f ${conf} ] && command -v logrotate >/dev/null && logrotate -d --state /dev/null ${conf} 2>&1 | grep '^error:'`,
    `stat -c 'ran %Y' ${shellQuote(`${stateDirectory}/log-quota.prom`)} 2>/dev/null)`,
  ].join("\n");
}

const Inspected = z.array(
  z.object({
    Name: z.string(),
    State: z.object({ Pid: z.number().default(0) }),
    Config: z.object({ User: z.string().default("") }),
    Mounts: z.array(z.object({ Type: z.string(), Source: z.string().default("") })).default([]),
  }),
);

export function readHostFacts(stdout: string): HostFacts {
  const said = new Sections(stdout);
  const inspected = Inspected.safeParse(said.json("containers"));
  const ports = said.lines("listening").map((hex) => Number.parseInt(hex, 16));
  const free = said.number("room");
  return {
    versions: {
      nats: versionIn(said.text("nats")),
      pushgateway: versionIn(said.text("pushgateway")),
      node: versionIn(said.text("node")),
    },
    freeBytes: free === undefined ? undefined : free * kibi,
    fsyncMs: said.lines("fsync").flatMap((line) => {
      const seconds = /copied, ([\d.e-]+) s/.exec(line)?.[1];
      return seconds === undefined ? [] : Number(seconds) * 1_000;
    }),
    sshd: sshdFacts(said.lines("sshd")),
    listening: ports.length === 0 ? undefined : new Set(ports),
    owners: said.lines("owners").flatMap((line) => {
      const [, port, name = "", pid] = /:(\d+) .*?"([^"]+)",pid=(\d+)/.exec(line) ?? [];
      return pid === undefined ? [] : { port: Number(port), name, pid: Number(pid) };
    }),
    containers: inspected.success
      ? inspected.data.map(({ Name, State, Config, Mounts }) => ({
          name: Name.replace(/^\//, ""),
          pid: State.Pid,
          user: Config.User,
          binds: Mounts.filter(({ Type }) => Type === "bind").map(({ Source }) => Source),
        }))
      : [],
    certificates: certificatesIn(said.text("certificates")),
    directories: said.lines("directories").flatMap(directoryIn),
    unmounted: said.lines("unmounted"),
    logs: logFacts(said),
  };
}

/** @example "nats-server: v2.12.15" → "2.12.15" */
export const versionIn = (text: string): string | undefined => /\d+\.\d+\.\d+/.exec(text)?.[0];

function sshdFacts(lines: readonly string[]): HostFacts["sshd"] {
  const of = (key: string) =>
    lines.flatMap((line) => (line.toLowerCase().startsWith(`${key} `) ? line.slice(key.length + 1).split(" ") : []));
  const [maxStartups] = of("maxstartups");
  const [maxSessions = ""] = of("maxsessions");
  return maxStartups === undefined ? undefined : { maxStartups, maxSessions, acceptEnv: of("acceptenv") };
}

function certificatesIn(text: string): HostFacts["certificates"] {
  return text
    .split(/^file /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { path: part.slice(0, end), pem: part.slice(end + 1) };
    });
}

function logFacts(said: Sections): LogFacts | undefined {
  const lines = said.lines("logs");
  if (lines.length === 0) return undefined;
  const ran = lines.flatMap((line) => /^ran (\d+)$/.exec(line)?.[1] ?? [])[0];
  const timer = (["systemd", "cron"] as const).find((what) => lines.includes(`timer ${what}`));
  return {
    installed: lines.includes("installed"),
    timer,
    errors: lines.filter((line) => line.startsWith("error:")),
    ranAtMs: ran === undefined ? undefined : Number(ran) * 1_000,
  };
}
