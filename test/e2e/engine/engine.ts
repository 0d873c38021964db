/** A real Pulumi engine with a backend, a passphrase and a site of its own, on which this repository's program is run. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { environmentOf, listProcesses, signal } from "../../../ops/local/processes.ts";
import { type Executed, execute } from "../../lab/execute.ts";
import { writeProject } from "../../lab/project.ts";

export interface Update extends Executed {
  /** Standard output and error together, as an operator sees them. */
  text: string;
  tookMs: number;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const deadlineMs = 300_000;

export class Engine {
  /** Folder with Pulumi.yaml and the stacks' files. */
  readonly site: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #folder: string;

  /** @param sshAuthSock socket of the agent that holds the machines' key */
  constructor(sshAuthSock: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "tandem-engine-"));
    this.site = join(this.#folder, "site");
    writeProject(this.site, {});
    mkdirSync(join(this.#folder, "state"));
    const { PULUMI_CONFIG_PASSPHRASE: _, ...others } = process.env;
    this.env = {
      ...others,
      PULUMI_BACKEND_URL: `file://${join(this.#folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: this.file("passphrase", "correct horse battery staple\n"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      SSH_AUTH_SOCK: sshAuthSock,
      // What tandem init keeps outside of the repository goes here.
      XDG_CONFIG_HOME: join(this.#folder, "config"),
    };
  }

  /** A file beside the site, 0600. */
  file(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  stackFile(stack: string): string {
    return join(this.site, `Pulumi.${stack}.yaml`);
  }

  /** Runs the CLI on a stack, without colours and questions. Never rejects for its exit code. */
  run(stack: string, command: string, ...args: string[]): Promise<Update> {
    return this.#run("pulumi", [...this.#common, ...command.split(" "), "--stack", stack, ...args]);
  }

  /** `run` for what must succeed. */
  async must(stack: string, command: string, ...args: string[]): Promise<Update> {
    const update = await this.run(stack, command, ...args);
    if (update.code !== 0) throw new Error(`pulumi ${command} -s ${stack} ended with ${update.code}\n${update.text}`);
    return update;
  }

  /** What the engine tells of a preview, an event a line. */
  async events(stack: string): Promise<string> {
    const path = this.file(`events-${stack}.json`, "");
    rmSync(path);
    const args = [...this.#common, "preview", "--stack", stack, "--event-log", path];
    const { code, text } = await this.#run("pulumi", args, undefined, { PULUMI_DEBUG_COMMANDS: "true" });
    if (code !== 0) throw new Error(`pulumi preview -s ${stack} ended with ${code}\n${text}`);
    return readFileSync(path, "utf8");
  }

  up(stack: string, ...args: string[]): Promise<Update> {
    return this.must(stack, "up", "--yes", "--skip-preview", ...args);
  }

  /** Starts an up and kills the CLI with all that it has started, as soon as its output holds the pattern. */
  async killed(stack: string, pattern: RegExp): Promise<void> {
    const args = [...this.#common, "up", "--stack", stack, "--yes", "--skip-preview"];
    const child = spawn("pulumi", args, { env: this.env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const gone = new Promise((resolve) => child.once("close", resolve));
    let text = "";
    const onText = (chunk: Buffer) => {
      text += chunk.toString();
      if (!pattern.test(text) || child.pid === undefined) return;
      process.kill(-child.pid, "SIGKILL");
      this.#killPlugins();
    };
    child.stdout.on("data", onText);
    child.stderr.on("data", onText);
    await gone;
    if (child.signalCode !== "SIGKILL") throw new Error(`the up ended before it could be killed:\n${text}`);
  }

  /** Sets a value of the stack's configuration; a secret by standard input. */
  async set(stack: string, path: string, value: string, kind: "--plaintext" | "--secret" = "--plaintext") {
    const args = [...this.#common, "config", "set", "--stack", stack, "--path", path, kind];
    const { code, text } = await this.#run("pulumi", args, value);
    if (code !== 0) throw new Error(`pulumi config set ${path} ended with ${code}\n${text}`);
  }

  async outputs(stack: string): Promise<Record<string, string>> {
    const { stdout } = await this.must(stack, "stack output", "--json");
    return JSON.parse(stdout) as Record<string, string>; // the program's outputs are all text
  }

  /** Runs `tandem` on this site. */
  tandem(...args: string[]): Promise<Update> {
    return this.tandemWith({}, ...args);
  }

  /** `tandem` with more in its environment. */
  tandemWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Update> {
    return this.#run(process.execPath, [join(root, "ops/tandem.ts"), ...args, "--dir", this.site], undefined, env);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Each is a process group of its own, which outlives the CLI that started it; all have this engine's environment. */
  #killPlugins(): void {
    for (const { pid } of listProcesses())
      if (pid !== process.pid && environmentOf(pid).includes(this.#folder)) signal(pid, "SIGKILL");
  }

  get #common(): string[] {
    return ["--cwd", this.site, "--non-interactive", "--color", "never"];
  }

  async #run(program: string, args: string[], input?: string, more: NodeJS.ProcessEnv = {}): Promise<Update> {
    const startedMs = performance.now();
    const result = await execute(program, args, {
      env: { ...this.env, ...more },
      deadlineMs,
      ...(input === undefined ? {} : { input }),
    });
    return { ...result, text: result.stdout + result.stderr, tookMs: performance.now() - startedMs };
  }
}

/**
 * Why the engine's tests cannot run here; undefined when they can.
 * @param machines whether they need machines, and with them a Docker engine
 */
export async function whySkip(machines = true): Promise<string | undefined> {
  const code = async (program: string, ...args: string[]) =>
    (await execute(program, args).catch(() => undefined))?.code;
  if (machines && (await code("docker", "info")) !== 0) return "no Docker engine answers";
  for (const program of ["pulumi", "pulumi-language-nodejs"])
    if ((await code("sh", "-c", `command -v ${program}`)) !== 0) return `${program} is not on PATH`;
  return undefined;
}
