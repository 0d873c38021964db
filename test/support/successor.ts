/** Another hub of a machine of a running pair: from the command line of its first one, with a configuration of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { HubConfig, type HubConfigInput } from "../../hub/config.ts";
import { until } from "./until.ts";

export interface SuccessorOptions {
  /** Of the first hub. */
  command: readonly string[];
  /** Directory of its configuration and its health socket. */
  dir: string;
  name: string;
  change: Partial<HubConfigInput>;
}

/** Of one that others on this computer leave little of it. */
const healthyMs = 60_000;

/** What a process was started with. */
const commandOf = (pid: number): string[] => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);

/** Those of one pair, which end together. */
export class Successors {
  readonly #command: readonly string[];
  readonly #dir: string;
  readonly all: Successor[] = [];

  /** @param pid of the first hub @param dir for their configurations and health sockets */
  constructor(pid: number, dir: string) {
    this.#command = commandOf(pid);
    this.#dir = dir;
  }

  start(name: string, change: Partial<HubConfigInput>): Successor {
    const made = new Successor({ command: this.#command, dir: this.#dir, name, change });
    this.all.push(made);
    return made;
  }

  kill(): void {
    for (const { process } of this.all) process.kill("SIGKILL");
  }
}

export class Successor {
  readonly process: ChildProcess;
  readonly config: HubConfig;
  readonly #socket: string;
  log = "";

  constructor({ command, dir, name, change }: SuccessorOptions) {
    const [program = "", ...args] = command;
    const at = args.indexOf("--config") + 1;
    const config = JSON.parse(readFileSync(args[at] ?? "", "utf8")) as HubConfigInput; // made by the local run
    this.#socket = join(dir, `${name}.sock`);
    this.config = HubConfig.parse({ ...config, healthSocket: this.#socket, ...change });
    args[at] = join(dir, `${name}.json`);
    writeFileSync(args[at], JSON.stringify({ ...config, healthSocket: this.#socket, ...change }));
    this.process = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.log += text));
  }

  /** Rejects when it ends before. */
  async healthy(): Promise<void> {
    const isHealthy = async () => {
      if (this.process.exitCode !== null) throw new Error(this.log);
      return (await this.livez()) === 200;
    };
    await until("its health", isHealthy, healthyMs);
  }

  async livez(): Promise<number | undefined> {
    const asked = request({ socketPath: this.#socket, path: "/livez" }).end();
    return await once(asked, "response").then(
      ([answer]) => answer.resume().statusCode,
      () => undefined,
    );
  }
}
