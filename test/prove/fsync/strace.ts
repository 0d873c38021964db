/** Follows the system calls of a running process with strace, into a file. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { findInPath } from "../../../ops/tools/find.ts";
import { until } from "../../support/until.ts";

const calls = "read,write,writev,pwrite64,pwritev,fsync,fdatasync";
/** Whole messages: the marker of a push is anywhere in them. */
const stringBytes = 65_536;

export const straceProgram = (): string | undefined => findInPath(["strace"])[0];

export class Strace {
  readonly #process: ChildProcess;
  readonly #path: string;

  private constructor(child: ChildProcess, path: string) {
    this.#process = child;
    this.#path = path;
  }

  /** Resolves when every thread of the process is followed. */
  static async attach(program: string, pid: number, path: string): Promise<Strace> {
    const args = ["-f", "-ttt", "-y", "-s", String(stringBytes), "-e", `trace=${calls}`, "-o", path, "-p", String(pid)];
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    await until("strace attached", () => {
      if (child.exitCode !== null) throw new Error(`strace ended: ${said.trim()}`);
      return /attached/.test(said);
    });
    return new Strace(child, path);
  }

  async detach(): Promise<string> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGINT");
    await gone;
    return readFileSync(this.#path, "utf8");
  }
}
