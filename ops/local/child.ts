/** One child process of the local run: started in a group of its own, logged to a file, restarted with back-off when it dies. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { OperatorError } from "../error.ts";
import { isAlive, signal } from "./processes.ts";

export interface ChildSpec {
  machine: string;
  /** For people: `hub`, `NATS`, `Pushgateway`, `agents`. */
  name: string;
  command: string;
  args: string[];
  logPath: string;
  /** Whether it answers as it should; asked again and again until it does. */
  ready(): Promise<boolean>;
}

export type ChildEvent =
  | { type: "started"; child: Child; pid: number; again: boolean }
  | { type: "died"; child: Child; pid: number; how: string; restartInMs: number | undefined };

export interface ChildOptions {
  /** False leaves a child that dies dead. */
  restart: boolean;
  tell(event: ChildEvent): void;
}

const readyDeadlineMs = 15_000;
const readyPollMs = 25;
const firstBackOffMs = 1_000;
const longestBackOffMs = 30_000;
/** A child that ran this long is taken as well again: its back-off starts anew. */
const wellAfterMs = 30_000;
const maxLogBytes = 10 * 1024 * 1024;

export class Child {
  readonly spec: ChildSpec;
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #backOffMs = firstBackOffMs;
  #startedAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #failure: string | undefined;

  constructor(spec: ChildSpec, options: ChildOptions) {
    this.spec = spec;
    this.#options = options;
  }

  /** Undefined while it is dead. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get label(): string {
    return `${this.spec.machine} ${this.spec.name}`;
  }

  /** Resolves when it is ready; rejects with its last log lines when it dies before that. */
  async start(): Promise<void> {
    // A stop that came while others were starting: nobody would end this one any more.
    if (this.#stopping) return;
    rotate(this.spec.logPath);
    this.#spawn(false);
    const untilMs = performance.now() + readyDeadlineMs;
    while (!this.#stopping) {
      if (this.#failure !== undefined) throw this.#startError(this.#failure);
      if (await this.spec.ready()) return;
      if (performance.now() > untilMs) throw this.#startError(`was not ready after ${readyDeadlineMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, readyPollMs));
    }
  }

  /** Asks it to end and kills it after the deadline; resolves when it is gone. */
  async stop(deadlineMs: number): Promise<"ended" | "killed" | "was dead"> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const running = this.#process;
    if (running?.pid === undefined) return "was dead";
    const gone = new Promise<void>((resolve) => running.once("exit", () => resolve()));
    signal(running.pid, "SIGTERM");
    // One that was frozen has to be woken before it can hear.
    signal(running.pid, "SIGCONT");
    const timer = setTimeout(() => this.kill(), deadlineMs);
    await gone;
    clearTimeout(timer);
    return running.signalCode === "SIGKILL" ? "killed" : "ended";
  }

  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (this.#process?.pid !== undefined && isAlive(this.#process.pid)) signal(this.#process.pid, "SIGKILL");
  }

  /** Ends it as a crash does; resolves when it is gone. */
  async crash(): Promise<void> {
    const running = this.#process;
    if (running?.pid === undefined) return;
    const gone = new Promise<void>((resolve) => running.once("exit", () => resolve()));
    signal(running.pid, "SIGKILL");
    await gone;
  }

  /** Starts it again if it is dead; does not wait until it is ready. */
  revive(): void {
    if (this.#process !== undefined || this.#stopping) return;
    clearTimeout(this.#timer);
    this.#spawn(true);
  }

  #spawn(again: boolean): void {
    const { command, args, logPath } = this.spec;
    const log = openSync(logPath, "a");
    // A group of its own: Ctrl-C in the terminal reaches the supervisor only, which stops all in order.
    const child = spawn(command, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    this.#process = child;
    this.#startedAtMs = performance.now();
    child.once("error", (error) => {
      this.#process = undefined;
      this.#died(0, error.message);
    });
    child.once("exit", (code, signalName) => {
      this.#process = undefined;
      this.#died(child.pid ?? 0, signalName === null ? `exited with code ${code}` : `was ended by ${signalName}`);
    });
    if (child.pid !== undefined) this.#options.tell({ type: "started", child: this, pid: child.pid, again });
  }

  #died(pid: number, how: string): void {
    if (this.#stopping) return;
    this.#failure = how;
    if (performance.now() - this.#startedAtMs > wellAfterMs) this.#backOffMs = firstBackOffMs;
    const restartInMs = this.#options.restart ? this.#backOffMs : undefined;
    this.#options.tell({ type: "died", child: this, pid, how, restartInMs });
    if (restartInMs === undefined) return;
    this.#timer = setTimeout(() => this.#spawn(true), restartInMs);
    this.#backOffMs = Math.min(longestBackOffMs, 2 * this.#backOffMs);
  }

  #startError(how: string): OperatorError {
    const { logPath } = this.spec;
    const tail = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-5).join("\n    ");
    return new OperatorError(
      "local.start",
      `${this.label} ${how}; its last lines:\n    ${tail}`,
      `Read ${logPath} for all of it`,
    );
  }
}

/** Keeps one earlier file; a child holds its log open, so this happens before it starts. */
function rotate(path: string): void {
  try {
    if (statSync(path).size > maxLogBytes) renameSync(path, `${path}.1`);
  } catch {
    // There is no log yet.
  }
}
