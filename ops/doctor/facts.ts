/** What the doctor asks a machine: one script, run once, and the reading of what it prints. */
import { z } from "zod";

const Container = z.object({
  Name: z.string(),
  RestartCount: z.number(),
  State: z.object({
    Status: z.string(),
    OOMKilled: z.boolean(),
    Health: z.object({ Status: z.string() }).optional(),
  }),
  Config: z.object({ Image: z.string() }),
});

const JetStream = z.object({ storage: z.number(), config: z.object({ max_storage: z.number() }) });

export interface ContainerFacts {
  name: string;
  image: string;
  status: string;
  /** `healthy`, `unhealthy`, `starting`; empty without a health check. */
  health: string;
  restarts: number;
  outOfMemory: boolean;
}

export interface SecretFacts {
  path: string;
  /** Octal, such as `400`. */
  mode: string;
  uid: number;
}

export interface MachineFacts {
  /** Number of the user who looked; undefined when it cannot be told. */
  uid: number | undefined;
  /** Version of the Docker engine; undefined when it does not answer. */
  engine: string | undefined;
  containers: ContainerFacts[];
  secrets: SecretFacts[];
  /** Used of the disk that holds the data, and of its inodes, in percent; undefined when it cannot be told. */
  diskUsedPercent: number | undefined;
  inodesUsedPercent: number | undefined;
  /** Wall clock of the machine, ms; undefined when it cannot be told. */
  wallMs: number | undefined;
  /** Streams on disk and their limit, bytes; undefined when NATS does not say. */
  jetstream: { usedBytes: number; limitBytes: number } | undefined;
}

const marker = "== tandem:";

export interface FactsArgs {
  machine: string;
  configDirectory: string;
  dataDirectory: string;
  /** Of NATS. @default there is none on this machine */
  monitoringPort?: number;
}

/** Reads only; each part goes on without the others. */
export function factsScript({ machine, configDirectory, dataDirectory, monitoringPort }: FactsArgs): string {
  return `# An engine that hangs must not keep the rest from being said.
docker() { timeout 10 docker "$@"; }
section() { printf '\\n${marker} %s\\n' "$1"; }
section user; id -u
section clock; date +%s%3N
section engine; docker version --format '{{.Server.Version}}' 2>/dev/null
section containers; docker ps -aq --filter 'label=tandem.machine=${machine}' | xargs -r timeout 10 docker inspect 2>/dev/null
section secrets; find '${configDirectory}/secrets' -type f ! -name '.*.deployed' 2>/dev/null | xargs -r stat -c '%a %u %n'
section disk; df -P '${dataDirectory}' 2>/dev/null | awk 'NR == 2 { print $5 }'
section inodes; df -Pi '${dataDirectory}' 2>/dev/null | awk 'NR == 2 { print $5 }'
${monitoringPort === undefined ? "" : jetstream(machine, monitoringPort)}
exit 0
`;
}

const jetstream = (machine: string, port: number) =>
  `section jetstream; docker exec 'tandem-${machine}-nats' wget -q -O - 'http://127.0.0.1:${port}/jsz' 2>/dev/null`;

export function readFacts(stdout: string): MachineFacts {
  const sections = new Map<string, string>();
  for (const part of stdout.split(marker).slice(1)) {
    const end = part.indexOf("\n");
    sections.set(part.slice(0, end).trim(), part.slice(end + 1).trim());
  }
  const text = (name: string) => sections.get(name) ?? "";
  const lines = (name: string) =>
    text(name)
      .split("\n")
      .filter((line) => line !== "");
  const containers = z.array(Container).safeParse(json(text("containers")));
  const jetstream = JetStream.safeParse(json(text("jetstream")));
  return {
    uid: numberIn(text("user")),
    engine: text("engine") === "" ? undefined : text("engine"),
    containers: containers.success ? containers.data.map(containerFacts) : [],
    secrets: lines("secrets").map(secretFacts),
    diskUsedPercent: numberIn(text("disk")),
    inodesUsedPercent: numberIn(text("inodes")),
    wallMs: numberIn(text("clock")),
    jetstream: jetstream.success
      ? { usedBytes: jetstream.data.storage, limitBytes: jetstream.data.config.max_storage }
      : undefined,
  };
}

function containerFacts({ Name, RestartCount, State, Config }: z.infer<typeof Container>): ContainerFacts {
  return {
    name: Name.replace(/^\//, ""),
    image: Config.Image,
    status: State.Status,
    health: State.Health?.Status ?? "",
    restarts: RestartCount,
    outOfMemory: State.OOMKilled,
  };
}

function secretFacts(line: string): SecretFacts {
  const [mode = "", uid = "", ...path] = line.split(" ");
  return { path: path.join(" "), mode, uid: Number(uid) };
}

function numberIn(text: string): number | undefined {
  const digits = /^\d+/.exec(text)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
