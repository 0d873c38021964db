/** The lab's SSH: a key of its own, the hosts that it knows, and an agent that holds the key for a Pulumi program. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../support/until.ts";
import { output } from "./execute.ts";
import type { LabMachine, LabUser } from "./machine.ts";

export interface LabKey {
  /** Private key, 0600. */
  path: string;
  /** Line of an authorized_keys file. */
  publicKey: string;
  knownHosts: string;
}

export interface SshAgent {
  env: { SSH_AUTH_SOCK: string };
  stop(): Promise<void>;
}

/** `$XDG_CACHE_HOME/tandem/lab/<name>`, or the same below `~/.cache`. */
export function labFolder(name: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tandem", "lab", name);
}

/** Made at the first call. */
export async function ensureKey(name: string): Promise<LabKey> {
  const folder = labFolder(name);
  const path = join(folder, "id_ed25519");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (!existsSync(path)) await output("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `lab ${name}`, "-f", path]);
  const publicKey = readFileSync(`${path}.pub`, "utf8").trim();
  return { path, publicKey, knownHosts: join(folder, "known_hosts") };
}

export function writeKnownHosts(path: string, machines: readonly LabMachine[]): void {
  writeFileSync(path, machines.map(({ address, hostKey }) => `${address} ${hostKey}\n`).join(""), { mode: 0o600 });
}

/** Arguments of `ssh` before the command. */
export function sshArgs(key: LabKey, machine: LabMachine, user: LabUser = "root", jump?: LabMachine): string[] {
  const options = [
    "BatchMode=yes",
    "ConnectTimeout=10",
    "IdentitiesOnly=yes",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${key.knownHosts}`,
  ].flatMap((option) => ["-o", option]);
  const through = ["ssh", "-i", key.path, ...options, "-W", "%h:%p", `root@${jump?.address}`];
  const proxy = jump === undefined ? [] : ["-o", `ProxyCommand=${through.join(" ")}`];
  return ["-i", key.path, ...options, ...proxy, `${user}@${machine.address}`];
}

/** Starts an ssh-agent that holds the key; both providers of the Pulumi program take keys from an agent alone. */
export async function startAgent(key: LabKey): Promise<SshAgent> {
  // Not in the lab's folder: a socket's path must stay below about 100 characters.
  const folder = mkdtempSync(join(tmpdir(), "tandem-lab-agent-"));
  const socket = join(folder, "socket");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  const stop = async () => {
    await ended(agent);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until("the ssh-agent's socket", () => existsSync(socket));
    await output("ssh-add", ["-q", key.path], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  } catch (error) {
    await stop();
    throw error;
  }
  return { env: { SSH_AUTH_SOCK: socket }, stop };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
