/** Asks a machine for its clock by itself, over a connection that is open already: what the doctor's whole script takes would hide an error. */
import { type Reach, userCommand } from "../../components/reach.ts";
import { runShell } from "../site/shell.ts";
import type { Asked } from "./checks.ts";

export interface Clock extends Asked {
  /** Wall clock of the machine, ms. */
  wallMs: number;
}

const askMs = 20_000;

export function readClock(reach: Reach): Promise<Clock | undefined> {
  const command = userCommand(reach, "date +%s%3N", "shared");
  return clockOf(async () => (await runShell(command, { deadlineMs: askMs })).stdout);
}

/** Undefined when it does not say. @param ask the first one opens the connection, which the second one is spared */
export async function clockOf(ask: () => Promise<string>, nowMs = Date.now): Promise<Clock | undefined> {
  await ask();
  const fromMs = nowMs();
  const digits = /^\d{13}$/m.exec(await ask())?.[0];
  return digits === undefined ? undefined : { fromMs, toMs: nowMs(), wallMs: Number(digits) };
}
