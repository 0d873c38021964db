/** A real supervisor on a folder of its own, with processes to supervise that say who they are. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { SupervisorClient } from "../../../hub/io/supervisor-client.ts";
import type { SupervisorConfigInput } from "../../../hub/supervisor/config.ts";
import { until } from "../../support/until.ts";

const program = join(import.meta.dirname, "../../../hub/supervisor/main.ts");
const obedient = "console.log(process.pid); setInterval(() => {}, 1_000);";
const stubborn = `process.on("SIGTERM", () => {}); ${obedient}`;
/** Longer than any test needs. */
const clientDeadlineMs = 20_000;

export class SupervisorSide {
  readonly folder = mkdtempSync(join(tmpdir(), "tandem-super-"));
  readonly socket = join(this.folder, "s.sock");
  readonly stateFile = join(this.folder, "state", "epochs.json");
  readonly client = new SupervisorClient(this.socket, clientDeadlineMs);
  readonly #config: string;
  #process: ChildProcess | undefined;
  #printed = "";

  constructor(more: Partial<SupervisorConfigInput> = {}) {
    this.#config = join(this.folder, "supervisor.json");
    const supervised = (service: string, script: string) => {
      const path = join(this.folder, `${service}.mjs`);
      writeFileSync(path, script);
      return { service, command: process.execPath, args: [path], logPath: this.#log(service) };
    };
    const config: SupervisorConfigInput = {
      v: 1,
      machine: "pc2",
      socket: this.socket,
      stateFile: this.stateFile,
      processes: [supervised("Chat", obedient), supervised("Stubborn", stubborn)],
      ...more,
    };
    writeFileSync(this.#config, JSON.stringify(config));
  }

  /** Everything that was printed to standard error, of all runs. */
  get printed(): string {
    return this.#printed;
  }

  /** Without waiting for anything. */
  spawn(): ChildProcess {
    const child = spawn(process.execPath, [program, "--config", this.#config], { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#printed += text;
    });
    return child;
  }

  async start(): Promise<void> {
    this.#process = this.spawn();
    await until("the supervisor's answer", async () => (await this.client.services()).type === "answer");
  }

  /** Resolves with the exit code, null for one that was killed. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return running?.exitCode ?? null;
    const gone = new Promise<number | null>((resolve) => running.once("exit", resolve));
    running.kill(signal);
    return gone;
  }

  /** Leaves no process and no folder behind. */
  async remove(): Promise<void> {
    await this.end("SIGTERM");
    for (const service of ["Chat", "Stubborn"]) {
      for (const pid of this.pids(service)) {
        if (isAlive(pid)) process.kill(pid, "SIGKILL");
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async put(service: string, epoch: number, run: boolean, leaseMs?: number) {
    const untilMonoMs = leaseMs === undefined ? null : monoMs() + leaseMs;
    const outcome = await this.client.put([{ service, epoch, run, untilMonoMs }]);
    if (outcome.type === "silent") throw new Error(outcome.reason);
    return outcome.answer;
  }

  async isRunning(service: string): Promise<boolean> {
    const outcome = await this.client.services();
    if (outcome.type === "silent") throw new Error(outcome.reason);
    return outcome.answer.services.some((entry) => entry.service === service && entry.running);
  }

  /** Of all processes that a service had so far. */
  pids(service: string): number[] {
    if (!existsSync(this.#log(service))) return [];
    return readFileSync(this.#log(service), "utf8").split("\n").filter(Boolean).map(Number);
  }

  /** Resolves with the number of the process that runs now, once that has printed it. */
  runs(service: string): Promise<number> {
    return until(`a process of ${service}`, () => this.pids(service).find(isAlive));
  }

  async stopped(service: string): Promise<void> {
    await until(`the end of ${service}`, () => !this.pids(service).some(isAlive));
  }

  #log(service: string): string {
    return join(this.folder, `${service}.log`);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended may wait for its parent's notice, or init's.
    const state = execFileSync("ps", ["-o", "state=", "-p", `${pid}`], { encoding: "utf8" });
    return !state.startsWith("Z");
  } catch {
    return false;
  }
}
