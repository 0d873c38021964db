/** Whether an ssh-agent of this computer holds a key: both providers ask it, and nothing else, for one. */
import { execFile } from "node:child_process";
import type { Problem } from "./readiness.ts";

/** `ssh-add -l` for an agent without a key. */
const noKey = 1;

/** Undefined when an agent holds a key. */
export async function agentProblem(env: NodeJS.ProcessEnv = process.env): Promise<Problem | undefined> {
  const start = "Start one and load your key: eval $(ssh-agent) && ssh-add";
  if (!env.SSH_AUTH_SOCK) return { what: "no ssh-agent runs: SSH_AUTH_SOCK is not set", next: start };
  const code = await new Promise<unknown>((resolve) => {
    execFile("ssh-add", ["-l"], { env, timeout: 10_000 }, (error) => resolve(error === null ? 0 : error.code));
  });
  if (code === 0) return undefined;
  if (code === noKey) return { what: "the ssh-agent holds no key", next: "Load yours: ssh-add" };
  return { what: `no ssh-agent answers at ${env.SSH_AUTH_SOCK}, which SSH_AUTH_SOCK names`, next: start };
}
