/** A process that a test may kill, freeze and start again, any number of times. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import type { ChildSpec } from "../../ops/local/child.ts";
import { until } from "./until.ts";

const politeMs = 3_000;
const freezeMs = 1_000;

export class Killable {
  readonly spec: ChildSpec;
  #process: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();

  constructor(spec: ChildSpec) {
    this.spec = spec;
  }

  get label(): string {
    return `${this.spec.machine} ${this.spec.name}`;
  }

  /** Undefined while it is dead. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Does not wait until it is ready. One that runs already stays as it is. */
  start(): void {
    if (this.#process !== undefined) return;
    const { command, args, logPath } = this.spec;
    const log = openSync(logPath, "a");
    const child = spawn(command, args, { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#process = child;
    this.#gone = new Promise((resolve) => {
      const ended = () => {
        if (this.#process === child) this.#process = undefined;
        resolve();
      };
      child.once("exit", ended).once("error", ended);
    });
  }

  /** Starts it again when it has ended meanwhile. */
  async ready(deadlineMs = 60_000): Promise<void> {
    const ask = () => {
      // It ends at once when a connection of some other program has its port for a moment.
      this.start();
      return this.spec.ready();
    };
    await until(`${this.label} ready`, ask, deadlineMs);
  }

  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#gone;
  }

  /** Returns when all of its threads stand still, which takes the kernel a moment. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
    const endMs = performance.now() + freezeMs;
    while (!standsStill(this.#process?.pid) && performance.now() < endMs);
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  /** As an operator ends it; killed when it takes longer than 3 s. */
  async end(): Promise<void> {
    this.#process?.kill("SIGTERM");
    this.thaw();
    const timer = setTimeout(() => void this.kill(), politeMs);
    await this.#gone;
    clearTimeout(timer);
  }
}

/** By the kernel's own word; true where it gives none. */
function standsStill(pid: number | undefined): boolean {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    // The state comes behind the name, which may hold anything, in parentheses.
    return tasks.every((task) => /\) [TtZ] [^)]*$/.test(readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8")));
  } catch {
    return true;
  }
}
