/** Judges whether a machine can take what a stack puts on it, from what it answered. Text in, text out. */
import { isIPv4 } from "node:net";
import type { Become } from "./become.ts";

/** A port of the machine, and the container that may have it. */
export type WantedPort = {
  port: number;
  /** Where it is bound; empty where that is not known. */
  address: string;
  container: string;
} & (
  | {
      /** The configuration key that moves it. @example "machine.hubPort" */
      key: string;
    }
  | {
      /** The agent whose entry of the inventory moves it. @example "TutorAgent in fleet/pc2.yaml" */
      agent: string;
    }
);

export interface Wanted {
  ports: readonly WantedPort[];
  /** Directories by configuration key. @example { "paths.data": "/var/lib/tandem" } */
  directories: Record<string, string>;
  /** Who logs in, and how that user becomes root; undefined for an engine of this computer. */
  login: { user: string; become: Become["kind"] } | undefined;
}

export interface Problem {
  what: string;
  next: string;
}

/** Less room than this and the first start fails half-way, MiB. */
const firstStartMb = 512;
/** What the files of an `up` and its new containers take, MiB. */
const laterUpMb = 16;

/** What would make an `up` fail; none when the answer says nothing that it can be judged by. */
export function readinessProblems(stdout: string, machine: string, wanted: Wanted): Problem[] {
  const said = new Answer(stdout);
  const [noEngine] = said.of("no-engine");
  if (noEngine !== undefined) return [engineProblem(noEngine.join(" "), machine, wanted)];
  const [notRoot] = said.of("not-root");
  if (notRoot !== undefined) return [ownerProblem(notRoot.join(" "), machine, wanted)];
  return [...takenPorts(said, machine, wanted), ...fullDisks(said, machine, wanted)];
}

/** Images that the machine does not hold yet. */
export function absentImages(stdout: string): string[] {
  return new Answer(stdout).of("absent").map(([image = ""]) => image);
}

class Answer {
  readonly #lines: string[][];

  constructor(stdout: string) {
    this.#lines = stdout.split("\n").map((line) => line.trim().split(" "));
  }

  /** Lines that begin with this word, without it. */
  of(word: string): string[][] {
    return this.#lines.filter(([first]) => first === word).map(([, ...rest]) => rest);
  }
}

function engineProblem(said: string, machine: string, { login }: Wanted): Problem {
  const user = login?.user ?? "this user";
  if (/permission denied/i.test(said))
    return {
      what: `${user} may not use the Docker engine on ${machine}: ${said}`,
      // The groups of a connection are those at its beginning, and it is kept open for a minute.
      next: `Run there: usermod -aG docker ${user}; or set ssh.user to one who may. It holds from a minute later`,
    };
  return {
    what: `no Docker engine answers on ${machine}: ${said}`,
    next: "Install it there, or start it: systemctl start docker",
  };
}

function ownerProblem(owner: string, machine: string, { login, directories }: Wanted): Problem {
  const paths = Object.values(directories).join(" and ");
  const what = `${owner} may not write ${paths} on ${machine} and give files there to the containers' users`;
  if (login === undefined) return { what, next: "Run pulumi as root, or reach this computer over SSH with ssh.become" };
  const set = (kind: string) => `pulumi config set --path ssh.become ${kind}`;
  return {
    what: `${what}: ssh.become is ${login.become}`,
    next: `Set how ${owner} becomes root: ${set("sudo")}, or by its use of Docker: ${set("docker")}`,
  };
}

function takenPorts(said: Answer, machine: string, { ports }: Wanted): Problem[] {
  const running = said.of("runs").map(([name = "", pid = ""]) => ({ name: name.replace(/^\//, ""), pid }));
  const listening = said
    .of("listens")
    .map(([address = "", port = ""]) => ({ address, port: Number.parseInt(port, 16) }));
  const owners = said.of("by").flatMap(([address = "", users = ""]) => {
    const [, name = "", pid = ""] = /"([^"]+)",pid=(\d+)/.exec(users) ?? [];
    return pid === "" ? [] : [{ port: Number(address.slice(address.lastIndexOf(":") + 1)), name, pid }];
  });
  return ports.flatMap((wanted) => {
    const { port, address, container } = wanted;
    if (!listening.some((one) => one.port === port && meets(one.address, address))) return [];
    // An agent may listen by a child of its container's first process.
    const own = running.filter(({ name }) => isNamed(name, container));
    if ("agent" in wanted && own.length > 0) return [];
    const known = owners.filter((one) => one.port === port);
    const foreign = known.find(({ pid }) => own.every((one) => one.pid !== pid));
    // Who it is cannot be told everywhere; then a container that runs is taken to be it.
    if (foreign === undefined && (known.length > 0 || own.length > 0)) return [];
    return [
      {
        what: `port ${port} on ${machine} is taken by ${foreign?.name ?? "another process"}`,
        next:
          "agent" in wanted
            ? `Stop it, or give another port to ${wanted.agent}`
            : `Stop it, or choose another: pulumi config set --path ${wanted.key} <port>`,
      },
    ];
  });
}

/** Whether a container has this name, or one that was generated from it. */
export function isNamed(name: string, wanted: string): boolean {
  return name === wanted || (name.startsWith(`${wanted}-`) && /^[0-9a-f]{7}$/.test(name.slice(wanted.length + 1)));
}

/** @param hex address as the kernel's table has it, in the byte order of the machine's processor */
function meets(hex: string, address: string): boolean {
  if (/^0+$/.test(hex) || hex.length !== 8 || !isIPv4(address)) return true;
  const bytes = hex.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
  return bytes.reverse().join(".") === address;
}

function fullDisks(said: Answer, machine: string, { directories, ports }: Wanted): Problem[] {
  const running = said.of("runs").map(([name = ""]) => name.replace(/^\//, ""));
  const servers = ports.filter((wanted) => "key" in wanted);
  // A satellite may have no server of ours; then it counts as started when anything runs there.
  const started =
    servers.length > 0
      ? servers.every(({ container }) => running.some((name) => isNamed(name, container)))
      : running.length > 0;
  const leastMb = started ? laterUpMb : firstStartMb;
  const mounts = new Set<string>();
  return said.of("free").flatMap(([key = "", kilobytes = "", ...rest]) => {
    const mount = rest.join(" ");
    const freeMb = Math.floor(Number(kilobytes) / 1024);
    if (!/^\d+$/.test(kilobytes) || freeMb >= leastMb || mounts.has(mount)) return [];
    mounts.add(mount);
    const path = directories[key];
    return [
      {
        what: `the disk of ${path ?? "Docker's images"} on ${machine} has ${freeMb} MiB free, and an up needs ${leastMb}`,
        next:
          path === undefined
            ? "Make room there: docker system prune removes what no container uses"
            : `Make room there, or set ${key} to a directory on another disk`,
      },
    ];
  });
}
