/** A machine of a running lab, or its jump host: what it is called, how it is reached, and its shell. */
import { docker, inspect } from "./docker.ts";
import { type Executed, execute, pipe } from "./execute.ts";
import type { Place, PlaceName } from "./plan.ts";

/** `ops` may use Docker but not sudo; `admin` may use sudo but not Docker. */
export type LabUser = "root" | "ops" | "admin";

export class LabMachine {
  readonly name: PlaceName;
  readonly container: string;
  readonly address: string;
  /** Type and key of sshd, as a stack's `ssh.hostKey` takes it. @example "ssh-ed25519 AAAA…" */
  readonly hostKey: string;

  constructor({ name, container, address }: Place, hostKey: string) {
    this.name = name;
    this.container = container;
    this.address = address;
    this.hostKey = hostKey;
  }

  /** Runs a script of POSIX sh; works however the machine's network is. Rejects when it fails. */
  async exec(script: string, options: { user?: LabUser; deadlineMs?: number } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.try(script, options);
    if (code === 0) return stdout.trimEnd();
    throw new Error(`a script on ${this.name} exited with ${code}\n  ${(stderr || stdout).trim()}`);
  }

  /** `exec` for scripts that may fail. */
  try(script: string, options: { user?: LabUser; deadlineMs?: number } = {}): Promise<Executed> {
    const { user = "root", deadlineMs } = options;
    // By standard input, so that no script, whatever it holds, stands in a process list.
    return execute("docker", ["exec", "--interactive", "--user", user, this.container, "sh", "-s"], {
      input: script,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
  }

  /** Loads images of this computer's engine into the machine's. Resolves with those that it did not hold already. */
  async putImages(names: readonly string[]): Promise<string[]> {
    const missing: string[] = [];
    for (const name of names) {
      const here = await inspect("image", name, "{{.Id}}");
      const there = await this.try(`docker image inspect --format '{{.Id}}' '${name}'`);
      if (there.code !== 0 || there.stdout.trim() !== here) missing.push(name);
    }
    if (missing.length > 0) {
      await pipe(["docker", "save", ...missing], ["docker", "exec", "--interactive", this.container, "docker", "load"]);
    }
    return missing;
  }

  /** @example "running" | "exited" */
  async state(): Promise<string> {
    return (await inspect("container", this.container, "{{.State.Status}}")) ?? "absent";
  }

  /** Kills the container's first process and with it all others, at once, as when the power fails; disks stay. */
  async kill(): Promise<void> {
    await docker(["kill", "--signal", "KILL", this.container]);
    await docker(["wait", this.container]);
  }
}
