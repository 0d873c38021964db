/** What the doctor asks a machine: one script, run once, and the reading of what it prints. */
import { z } from "zod";
import { shellQuote } from "../../components/shell.ts";
import { Sections, sectionFunction } from "./sections.ts";
import { type JetStreamFacts, jszPath, readJsz } from "./streams.ts";

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
  /** Undefined when NATS does not say. */
  jetstream: JetStreamFacts | undefined;
}

export interface FactsArgs {
  machine: string;
  configDirectory: string;
  dataDirectory: string;
  /** How the engine is called there, from `dockerCommand`. */
  docker: string;
  /** Of NATS. @default there is none on this machine */
  monitoringPort?: number;
  /** Further parts of the script, which may use `docker` and `section`. @default none */
  more?: string;
}

/** Reads only; each part goes on without the others. */
export function factsScript(args: FactsArgs): string {
  const { machine, configDirectory, dataDirectory, monitoringPort, more = "" } = args;
  return `# An engine that hangs must not keep the rest from being said.
docker() { timeout 10 ${args.docker} "$@"; }
${sectionFunction}
section user; id -u
section clock; date +%s%3N
section engine; docker version --format '{{.Server.Version}}' 2>/dev/null
section containers; docker ps -aq --filter ${shellQuote(`label=tandem.machine=${machine}`)} | xargs -r timeout 10 ${args.docker} inspect 2>/dev/null
section secrets; find ${shellQuote(`${configDirectory}/secrets`)} -type f ! -name '.*.deployed' 2>/dev/null | xargs -r stat -c '%a %u %n'
${diskScript(dataDirectory)}
${monitoringPort === undefined ? "" : jetstream(machine, monitoringPort)}
${more}
exit 0
`;
}

export const diskScript = (directory: string): string =>
  `section disk; df -P ${shellQuote(directory)} 2>/dev/null | awk 'NR == 2 { print $5 }'
section inodes; df -Pi ${shellQuote(directory)} 2>/dev/null | awk 'NR == 2 { print $5 }'`;

const jetstream = (machine: string, port: number) =>
  `section jetstream; docker exec 'tandem-${machine}-nats' wget -q -O - 'http://127.0.0.1:${port}${jszPath}' 2>/dev/null`;

export function readFacts(stdout: string): MachineFacts {
  const said = new Sections(stdout);
  const containers = z.array(Container).safeParse(said.json("containers"));
  return {
    uid: said.number("user"),
    engine: said.text("engine") === "" ? undefined : said.text("engine"),
    containers: containers.success ? containers.data.map(containerFacts) : [],
    secrets: said.lines("secrets").map(secretFacts),
    diskUsedPercent: said.number("disk"),
    inodesUsedPercent: said.number("inodes"),
    wallMs: said.number("clock"),
    jetstream: readJsz(said.json("jetstream")),
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
