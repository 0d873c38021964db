/** What this computer must have for an `up` over SSH: an agent with a key, and a place for ssh's shared connections. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Problem } from "./readiness.ts";
import { socketBytes } from "./ssh.ts";

/** `ssh-add -l` for an agent without a key. */
const noKey = 1;
/** The longest path of a socket, bytes. */
const longestPath = process.platform === "darwin" ? 103 : 107;

/**
 * Undefined when all is there. Both providers ask the agent, and nothing else, for a key.
 *
 * @param home ssh's own idea of it, which is not $HOME @default the user's
 */
export async function clientProblem(
  env: NodeJS.ProcessEnv = process.env,
  home = userInfo().homedir,
): Promise<Problem | undefined> {
  const start = "Start one and load your key: eval $(ssh-agent) && ssh-add";
  if (!env.SSH_AUTH_SOCK) return { what: "no ssh-agent runs: SSH_AUTH_SOCK is not set", next: start };
  const code = await new Promise<unknown>((resolve) => {
    execFile("ssh-add", ["-l"], { env, timeout: 10_000 }, (error) => resolve(error === null ? 0 : error.code));
  });
  if (code === noKey) return { what: "the ssh-agent holds no key", next: "Load yours: ssh-add" };
  if (code !== 0)
    return { what: `no ssh-agent answers at ${env.SSH_AUTH_SOCK}, which SSH_AUTH_SOCK names`, next: start };
  const folder = join(home, ".ssh");
  const spare = longestPath - socketBytes;
  if (Buffer.byteLength(home) > spare)
    return {
      what: `${folder}, where ssh keeps its shared connections, is too deep: the path of a home has ${spare} characters at most`,
      next: "Run this as a user with a home of a shorter path",
    };
  if (existsSync(folder)) return undefined;
  return { what: `${folder}, where ssh keeps its shared connections, is not there`, next: `mkdir -m 700 ${folder}` };
}
