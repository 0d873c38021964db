/** `tandem migrate` as a process that can be watched and killed while it runs. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { until } from "../../support/until.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const longestMs = 900_000;

export class MigrateCommand {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #isOver = false;
  stdout = "";
  /** Its lines so far, each with the moment it came, ms. */
  readonly lines: { atMs: number; text: string }[] = [];

  constructor(data: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [join(root, "ops/tandem.ts"), "migrate", ...args, "--data", data]);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    let open = "";
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const parts = `${open}${text}`.split("\n");
      open = parts.pop() ?? "";
      this.lines.push(...parts.map((line) => ({ atMs: performance.now(), text: line })));
    });
    this.#ended = new Promise((resolve) =>
      this.#child.once("close", (code) => {
        this.#isOver = true;
        resolve(code);
      }),
    );
  }

  /** Resolves with the first line of it that matches. Throws, with all that it said, when it ends without. */
  async says(pattern: RegExp): Promise<{ atMs: number; text: string }> {
    return await until(
      `${pattern}`,
      () => {
        const found = this.lines.find(({ text }) => pattern.test(text));
        if (found === undefined && this.#isOver) throw new Error(`it ended without ${pattern}:\n${this.text}`);
        return found;
      },
      longestMs,
    );
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  get ended(): Promise<number | null> {
    return this.#ended;
  }

  get text(): string {
    return [...this.lines.map(({ text }) => text), this.stdout].join("\n");
  }
}
