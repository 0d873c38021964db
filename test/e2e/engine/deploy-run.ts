/** `tandem deploy` as a process that can be watched and killed while it runs, and clients that count what fails meanwhile. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { signal } from "../../../ops/local/processes.ts";
import { until } from "../../support/until.ts";
import type { Engine } from "./engine.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const deadlineMs = 280_000;

export class Running {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  text = "";
  stdout = "";
  #isOver = false;

  constructor(engine: Engine, ...args: string[]) {
    this.#child = spawn(process.execPath, [join(root, "ops/tandem.ts"), ...args, "--dir", engine.site], {
      env: engine.env,
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.text += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.text += text;
    });
    this.#ended = new Promise((resolve) =>
      this.#child.once("close", (code) => {
        this.#isOver = true;
        resolve(code);
      }),
    );
  }

  /** Waits for words of it. Throws, with all that it said, when it ends before. */
  async says(pattern: RegExp): Promise<void> {
    await until(
      `${pattern}`,
      () => {
        if (pattern.test(this.text)) return true;
        if (this.#isOver) throw new Error(`it ended without ${pattern}:\n${this.text}`);
        return false;
      },
      deadlineMs,
    );
  }

  /** SIGKILL; the engine is a process group of its own and outlives it, unless it is killed as well. */
  async kill(engines: readonly number[] = []): Promise<void> {
    if (this.#child.pid !== undefined) signal(this.#child.pid, "SIGKILL");
    for (const pid of engines) signal(pid, "SIGKILL");
    await this.#ended;
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  get ended(): Promise<number | null> {
    return this.#ended;
  }
}

/** Asks a URL all the time; counts what does not answer 200. */
export class Client {
  readonly #url: string;
  #isOver = false;
  readonly #asking: Promise<void>;
  asked = 0;
  failed: string[] = [];
  bodies = new Set<string>();

  constructor(url: string) {
    this.#url = url;
    this.#asking = this.#ask();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#asking;
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      this.asked++;
      try {
        const answer = await fetch(this.#url, { signal: AbortSignal.timeout(10_000) });
        this.bodies.add(await answer.text());
        if (answer.status !== 200) this.failed.push(`${answer.status}`);
      } catch (error) {
        this.failed.push(String(error));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
