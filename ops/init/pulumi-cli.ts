/** Puts secrets into stack files through the `pulumi` CLI: values by standard input, never as an argument or a variable. */
import { spawn } from "node:child_process";
import { z } from "zod";
import { collected } from "../collected.ts";
import { OperatorError } from "../error.ts";

const deadlineMs = 120_000;

export interface PulumiOptions {
  /** Folder with Pulumi.yaml and the stack files. */
  cwd: string;
  /** File with the passphrase of the stacks' secrets, where the backend needs one and no variable names it. */
  passphraseFile?: string;
  /** Ends what runs. @default nothing does, not even Ctrl-C at the terminal */
  signal?: AbortSignal;
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class Pulumi {
  readonly #options: PulumiOptions;

  constructor(options: PulumiOptions) {
    this.#options = options;
  }

  /** Where the stacks live. Throws when the CLI is not there or logged in nowhere. @example "file:///home/ops/state" */
  async backend(): Promise<string> {
    const { code, stdout, stderr } = await this.#run(["whoami", "--json", "--verbose"]);
    if (code !== 0) {
      throw new OperatorError(
        "init.pulumi-login",
        `The pulumi CLI is logged in to no backend: ${lastLine(stderr)}`,
        'Log in and run this again: pulumi login, or for a folder of your own: pulumi login "file://$HOME/tandem-state"',
      );
    }
    return z.object({ url: z.string() }).parse(JSON.parse(stdout)).url;
  }

  /** Makes the stack in the backend when it is not there. */
  async ensureStack(stack: string, secretsProvider: string | undefined): Promise<void> {
    if (await this.#has(stack)) return;
    const provider = secretsProvider === undefined ? [] : ["--secrets-provider", secretsProvider];
    await this.#expect(["stack", "init", stack, "--no-select", ...provider], `make stack ${stack}`);
  }

  /** @throws OperatorError when the backend does not have it */
  async requireStack(stack: string): Promise<void> {
    if (await this.#has(stack)) return;
    throw new OperatorError(
      "pulumi.no-stack",
      `${await this.backend()} has no stack ${stack}`,
      "Log in to the backend that this site was deployed with: pulumi login",
    );
  }

  /** @param path of the key. @example "agentSecrets.broker" */
  async setSecret(stack: string, path: string, value: string): Promise<void> {
    await this.#expect(
      ["config", "set", "--stack", stack, "--secret", "--path", path],
      `encrypt tandem:${path} of ${stack}`,
      value,
    );
  }

  /** Encrypts all of a stack by another passphrase, in its file here and in its state. Not to be ended in the middle. */
  async changePassphrase(stack: string, passphrase: string): Promise<void> {
    const args = ["stack", "change-secrets-provider", "passphrase", "--stack", stack];
    await this.#expect(args, `change the passphrase of ${stack}`, `${passphrase}\n`);
  }

  /** The state as the backend has it, its secrets encrypted. */
  exportState(stack: string): Promise<string> {
    return this.#expect(["stack", "export", "--stack", stack], `export the state of ${stack}`);
  }

  async importState(stack: string, state: string): Promise<void> {
    await this.#expect(["stack", "import", "--stack", stack], `import the state of ${stack}`, state);
  }

  async #has(stack: string): Promise<boolean> {
    const listed = await this.#expect(["stack", "ls", "--json"], "list the stacks");
    const names = z.array(z.object({ name: z.string() })).parse(JSON.parse(listed));
    return names.some(({ name }) => name.split("/").at(-1) === stack);
  }

  async #expect(args: string[], deed: string, input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args, input);
    if (code === 0) return stdout;
    throw new OperatorError(
      "init.pulumi",
      `pulumi could not ${deed}: ${lastLine(stderr)}`,
      "Nothing was changed here. Set PULUMI_CONFIG_PASSPHRASE_FILE, or give --secrets-provider, if it asks for a passphrase",
    );
  }

  #run(args: string[], input = ""): Promise<Ended> {
    const { cwd, passphraseFile, signal } = this.#options;
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true", NO_COLOR: "1" };
    if (passphraseFile !== undefined) Object.assign(env, { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile });
    return new Promise((resolve, reject) => {
      const ends = signal === undefined ? { detached: true } : { signal, timeout: deadlineMs };
      const child = spawn("pulumi", [...args, "--non-interactive"], { cwd, env, ...ends });
      const output = collected(child);
      child.once("error", (error: NodeJS.ErrnoException) => {
        reject(error.code === "ENOENT" ? missing() : error);
      });
      child.once("close", (code) => resolve({ code, ...output }));
      // A program that has ended reads no more, and says why by itself.
      child.stdin.on("error", () => {}).end(input);
    });
  }
}

function missing(): OperatorError {
  return new OperatorError(
    "init.pulumi-missing",
    "The pulumi CLI is not in the PATH; it encrypts the secrets in the stack files",
    "Install it (https://www.pulumi.com/docs/install), pulumi login, and run this again",
  );
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split("\n")
      .at(-1)
      ?.replace(/^error: /, "") ?? ""
  );
}
