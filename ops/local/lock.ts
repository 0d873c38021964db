/** A file that names the process which has a folder, so that no second one writes there. */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { OperatorError } from "../error.ts";
import { isAlive, listProcesses } from "./processes.ts";

const Holder = z.strictObject({ pid: z.number().int(), startedAt: z.string() });
export type Holder = z.infer<typeof Holder>;

/** @param refuse says what to do about another process that has it. @returns what gives it up */
export function takeLock(lock: string, refuse: (holder: Holder) => OperatorError): () => void {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, `${JSON.stringify({ pid: process.pid, startedAt: new Date().toISOString() })}\n`);
  try {
    while (!isLinked(own, lock)) {
      const holder = holderOf(lock);
      if (holder !== undefined) throw refuse(holder);
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(own);
  }
  return () => rmSync(lock, { force: true });
}

/** Undefined where nobody has it: one that ended without giving it up has it no more, nor has one before a reboot that had our own number. */
export function holderOf(lock: string): Holder | undefined {
  const holder = read(lock);
  const isHeld = holder !== undefined && holder.pid !== process.pid && isAlive(holder.pid) && runsTandem(holder.pid);
  return isHeld ? holder : undefined;
}

/** A link appears with its content, so that nobody ever reads half a lock. */
function isLinked(own: string, lock: string): boolean {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false; // fs errors carry a code
    throw error;
  }
}

/** The number of a process that ended may have gone to a stranger. */
const runsTandem = (pid: number) =>
  listProcesses().some((found) => found.pid === pid && found.command.includes("tandem"));

function read(lock: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(readFileSync(lock, "utf8")));
  } catch {
    // There is none, or none that a Tandem wrote.
    return undefined;
  }
}
