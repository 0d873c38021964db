/** Runs a program at a pseudo-terminal of its own, by `script`, and types there what a person would. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { shellQuote } from "../../components/shell.ts";

export const hasPseudoTerminal = spawnSync("script", ["--version"]).status === 0;
if (!hasPseudoTerminal) process.stderr.write("skipped: what needs a terminal, since there is no script in the PATH\n");

export const keys = { enter: "\r", down: "\u001b[B", ctrlC: "\u0003", ctrlD: "\u0004" };

const waitMs = 30_000;
/** A prompt listens only after it is drawn. */
const settleMs = 50;

export class PseudoTerminal {
  /** The exit code, as a shell gives it: 128 + n for a signal. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  /** All that was written, with colours and movements. */
  raw = "";
  #seen = 0;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    const line = `stty rows 40 cols 120; exec ${command.map(shellQuote).join(" ")}`;
    this.#child = spawn("script", ["-qefc", line, "/dev/null"], { env: { ...env, TERM: "xterm", SHELL: "/bin/sh" } });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.raw += text;
    });
    this.ended = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** The same without them. */
  get text(): string {
    return stripVTControlCharacters(this.raw).replaceAll("\r", "");
  }

  /** Waits until `shown` is drawn after what the last answer was to, then types. */
  async type(shown: string, typed: string): Promise<void> {
    const endMs = performance.now() + waitMs;
    while (!this.text.slice(this.#seen).includes(shown)) {
      if (performance.now() > endMs || this.#child.exitCode !== null)
        throw new Error(`"${shown}" was not drawn:\n${this.text.slice(this.#seen)}`);
      await sleep(20);
    }
    this.#seen = this.text.indexOf(shown, this.#seen) + shown.length;
    await sleep(settleMs);
    this.#child.stdin?.write(typed);
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
