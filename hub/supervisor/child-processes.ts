/** Starts and stops the processes that its config names, as its own children: they end with it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { monoMs } from "../io/mono-clock.ts";
import type { SupervisedProcess } from "./config.ts";
import type { Runner } from "./runner.ts";

/** One that has no lease to end with is killed after this time, ms. */
const usualStopMs = 5_000;
/** When the supervisor ends, ms. */
const closeMs = 800;

export class ChildProcesses implements Runner {
  readonly #specs: ReadonlyMap<string, SupervisedProcess>;
  readonly #ended: () => void;
  readonly #children = new Map<string, ChildProcess>();

  /** @param ended told when a child has ended by itself */
  constructor(specs: readonly SupervisedProcess[], ended: () => void) {
    this.#specs = new Map(specs.map((spec) => [spec.service, spec]));
    this.#ended = ended;
  }

  /** Ends what a supervisor that was killed has left behind, found by its whole command line. */
  endLeftovers(): number {
    const left = pidsOf([...this.#specs.values()].map(({ command, args }) => [command, ...args]));
    for (const pid of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
    return left.length;
  }

  async look(): Promise<Map<string, boolean>> {
    return new Map([...this.#specs.keys()].map((service) => [service, this.#children.has(service)]));
  }

  async start(service: string): Promise<void> {
    const spec = this.#specs.get(service);
    if (spec === undefined) throw new Error(`the config names no process of ${service}`);
    if (this.#children.has(service)) return;
    const log = openSync(spec.logPath, "a");
    const child = spawn(spec.command, spec.args, { cwd: spec.cwd, stdio: ["ignore", log, log] });
    closeSync(log);
    this.#children.set(service, child);
    const gone = () => {
      if (this.#children.get(service) === child) this.#children.delete(service);
      this.#ended();
    };
    child.once("exit", gone);
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => {
        gone();
        reject(error);
      });
    });
  }

  stop(service: string, killAtMs: number | null): Promise<void> {
    const waitMs = killAtMs === null ? usualStopMs : killAtMs - monoMs();
    return this.#end(service, Math.max(0, waitMs));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children.keys()].map((service) => this.#end(service, closeMs)));
  }

  async #end(service: string, waitMs: number): Promise<void> {
    const child = this.#children.get(service);
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    // At half of the time, so that it is gone when the time is over.
    const timer = setTimeout(() => child.kill("SIGKILL"), waitMs / 2);
    child.kill("SIGTERM");
    // One that was frozen has to be woken before it can hear.
    child.kill("SIGCONT");
    await gone;
    clearTimeout(timer);
  }
}

function pidsOf(commands: readonly string[][]): number[] {
  if (commands.length === 0) return [];
  if (process.platform !== "linux") return pidsByPs(commands);
  const wanted = new Set(commands.map((words) => `${words.join("\0")}\0`));
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return wanted.has(readFileSync(`/proc/${name}/cmdline`, "utf8")) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function pidsByPs(commands: readonly string[][]): number[] {
  const wanted = new Set(commands.map((words) => words.join(" ")));
  const text = execFileSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8", timeout: 5_000 });
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*?)\s*$/.exec(line);
    return match?.[2] !== undefined && wanted.has(match[2]) ? [Number(match[1])] : [];
  });
}
