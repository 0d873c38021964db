/** A real Pulumi engine with a backend, a passphrase and stack files of its own, run on this repository's program. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Executed, execute } from "../../lab/execute.ts";

export interface Update extends Executed {
  /** Standard output and error together, as an operator sees them. */
  text: string;
  tookMs: number;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const deadlineMs = 300_000;

export class Engine {
  /** Folder of the stacks' files. */
  readonly site: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #folder: string;

  /** @param sshAuthSock socket of the agent that holds the machines' key */
  constructor(sshAuthSock: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "tandem-engine-"));
    this.site = join(this.#folder, "site");
    mkdirSync(this.site);
    mkdirSync(join(this.#folder, "state"));
    const passphrase = join(this.#folder, "passphrase");
    writeFileSync(passphrase, "correct horse battery staple\n", { mode: 0o600 });
    this.env = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${join(this.#folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      SSH_AUTH_SOCK: sshAuthSock,
    };
    delete this.env.PULUMI_CONFIG_PASSPHRASE;
  }

  file(stack: string): string {
    return join(this.site, `Pulumi.${stack}.yaml`);
  }

  /** Runs the CLI on a stack, without colours and questions. Never rejects for its exit code. */
  async run(stack: string, command: string, ...args: string[]): Promise<Update> {
    const startedMs = performance.now();
    // Commands on the stack itself know no configuration.
    const file = command.startsWith("stack ") ? [] : ["--config-file", this.file(stack)];
    const all = [...command.split(" "), "--stack", stack, ...file, ...args];
    const result = await execute("pulumi", ["--cwd", root, "--non-interactive", "--color", "never", ...all], {
      env: this.env,
      deadlineMs,
    });
    return { ...result, text: result.stdout + result.stderr, tookMs: performance.now() - startedMs };
  }

  /** `run` for what must succeed. */
  async must(stack: string, command: string, ...args: string[]): Promise<Update> {
    const update = await this.run(stack, command, ...args);
    if (update.code !== 0) throw new Error(`pulumi ${command} -s ${stack} ended with ${update.code}\n${update.text}`);
    return update;
  }

  async up(stack: string, ...args: string[]): Promise<Update> {
    return await this.must(stack, "up", "--yes", "--skip-preview", "--parallel", "4", ...args);
  }

  /** Sets a value by standard input, as a secret or open. */
  async set(stack: string, path: string, value: string, secret = false): Promise<void> {
    const args = ["config", "set", "--path", path, "--stack", stack, "--config-file", this.file(stack)];
    const all = ["--cwd", root, "--non-interactive", ...args, ...(secret ? ["--secret"] : ["--plaintext"])];
    const { code, stderr } = await execute("pulumi", all, { env: this.env, input: value });
    if (code !== 0) throw new Error(`pulumi config set ${path} ended with ${code}\n${stderr}`);
  }

  async outputs(stack: string): Promise<Record<string, string>> {
    const { stdout } = await this.must(stack, "stack output", "--json");
    return JSON.parse(stdout) as Record<string, string>; // the program's outputs are all text
  }

  /** Runs `tandem` against this site. */
  async tandem(...args: string[]): Promise<Update> {
    const startedMs = performance.now();
    const result = await execute(process.execPath, [join(root, "ops/tandem.ts"), ...args, "--site", this.site], {
      env: this.env,
      deadlineMs,
    });
    return { ...result, text: result.stdout + result.stderr, tookMs: performance.now() - startedMs };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Why the engine's tests cannot run here; undefined when they can. */
export async function whySkip(): Promise<string | undefined> {
  const needed = [
    ["docker", ["info", "--format", "{{.ServerVersion}}"], "a Docker engine that answers"],
    ["pulumi", ["version"], "the Pulumi CLI"],
    ["pulumi-language-nodejs", ["-help"], "Pulumi's Node language host"],
    ["ssh-agent", ["-k"], "ssh-agent"],
  ] as const;
  for (const [program, args, what] of needed) {
    const { code } = await execute(program, args).catch(() => ({ code: undefined }));
    if (code === undefined || (program === "docker" && code !== 0)) return `${what} is needed: ${program}`;
  }
  return undefined;
}
