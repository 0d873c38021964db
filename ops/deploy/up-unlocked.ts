/** Runs an `up`, and frees the stack first where a process of this computer that is gone has left it locked. */
import { hostname, userInfo } from "node:os";
import { OperatorError } from "../error.ts";
import { isAlive } from "../local/processes.ts";
import type { DeployEngine, UpRunning } from "./engine.ts";
import type { Program } from "./program.ts";

export async function upUnlocked(
  engine: Pick<DeployEngine, "up" | "cancel">,
  program: Program,
  stack: string,
  running: UpRunning,
  say: (line: string) => void,
): Promise<void> {
  try {
    await engine.up(program, stack, running);
  } catch (error) {
    const isLocked = error instanceof OperatorError && error.code === "deploy.stack-locked";
    if (!isLocked || running.signal.aborted || !isLeft(error.message)) throw error;
    say(`${stack}: its lock was left by a process that is gone: it is freed`);
    await engine.cancel(program, stack);
    await engine.up(program, stack, running);
  }
}

/** Whether all whom the engine names as holders are processes of this user's here that are gone. @param said the engine's words */
export function isLeft(said: string, alive: (pid: number) => boolean = isAlive): boolean {
  const holders = [...said.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\)/g)];
  const counted = /locked by (\d+) lock/.exec(said)?.[1];
  if (holders.length === 0 || (counted !== undefined && Number(counted) !== holders.length)) return false;
  const here = (user?: string, host?: string) => user === userInfo().username && host === hostname();
  return holders.every(([, user, host, pid]) => here(user, host) && !alive(Number(pid)));
}
