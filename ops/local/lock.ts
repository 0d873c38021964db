/** A file that names the process which has a folder, so that no second one writes there. */
import { createHash, randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { type Birth, birthOf, isAlive, listProcesses, ownLine } from "./processes.ts";

/** What a run of a folder is, for those who would give it orders. */
export const runKinds = ["local run", "staged run"] as const;
export type RunKind = (typeof runKinds)[number];

export interface Holder {
  pid: number;
  /** ISO 8601 in UTC. */
  startedAt: string;
  /** Undefined of a lock that is of no run, or of the version before. */
  run: RunKind | undefined;
  /** Tells the process from a later one with its number; undefined where the kernel does not, and of the version before. */
  birth: Birth | undefined;
}

/** The version before takes a lock with any other key for none, and would take it away: whatever else is to be told stands behind the time. */
const Written = z.object({ pid: z.number().int(), startedAt: z.string() });
const told = /^(\S+) \((?:([a-z]+ run); )?id [\w-]+(?:; boot ([\w-]+); tick (\d+))?\)$/;

/** One who took it, by the file that says so. */
interface Word {
  path: string;
  text: string;
}

/**
 * @param refuse says what to do about another process that has it
 * @param run kind of run that takes it @default of none
 * @returns what gives it up
 */
export function takeLock(lock: string, refuse: (holder: Holder) => OperatorError, run?: RunKind): () => void {
  const id = randomUUID();
  const own: Word = { path: `${lock}.${id}`, text: textOf(run, id) };
  writeFileSync(own.path, own.text);
  try {
    while (!isTaken(lock, own, refuse));
  } finally {
    rmSync(own.path, { force: true });
  }
  return () => {
    if (read(lock) === own.text) rmSync(lock, { force: true });
  };
}

/** Undefined where nobody has it: one that ended without giving it up has it no more. */
export function holderOf(lock: string): Holder | undefined {
  try {
    return living(wordsOf(lock).at(-1));
  } catch {
    // One that cannot be read names nobody.
    return undefined;
  }
}

/**
 * One try. A lock whose holder has died is not taken away, which might hit the fresh one of whoever was quicker, but claimed: by a link whose
 * name is made of the dead one's words, which no two can make. Only who made it puts own words in their place, and takes the claim away after
 * that; one that comes later and claims the same words anew sees that they stand there no more.
 *
 * @returns false when somebody else was quicker: all has to be looked at again
 */
function isTaken(lock: string, own: Word, refuse: (holder: Holder) => OperatorError): boolean {
  if (isLinked(own.path, lock)) return true;
  const words = wordsOf(lock);
  const last = words.at(-1);
  if (last === undefined) return false;
  const holder = living(last);
  if (holder !== undefined) throw refuse(holder);
  const claim = claimOn(lock, last);
  if (!isLinked(own.path, claim)) return false;
  if (wordsOf(lock).at(-1)?.text !== own.text) {
    rmSync(claim, { force: true });
    return false;
  }
  renameSync(own.path, lock);
  for (const { path } of [...words.slice(1), { path: claim }]) rmSync(path, { force: true });
  return true;
}

/** What the lock says, and then who claimed it from whom while that one was dead; the last one has it. */
function wordsOf(lock: string): Word[] {
  const words: Word[] = [];
  for (let path = lock; ; ) {
    const text = read(path);
    if (text === undefined) return words;
    const word = { path, text };
    words.push(word);
    path = claimOn(lock, word);
  }
}

const claimOn = (lock: string, { text }: Word) =>
  `${lock}.after-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;

/** A link appears with its content, so that nobody ever reads half a lock. */
function isLinked(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false; // fs errors carry a code
    throw error;
  }
}

/** Undefined where there is none. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // fs errors carry a code
    if (code === "ENOENT") return undefined;
    const next = "Make it readable, or take it away once nothing runs there";
    throw new OperatorError("lock.unreadable", `cannot read who has ${path}: ${message}`, next);
  }
}

function textOf(run: RunKind | undefined, id: string): string {
  const birth = birthOf(process.pid);
  const parts = [run, `id ${id.slice(0, 8)}`, birth && `boot ${birth.boot}`, birth && `tick ${birth.tick}`];
  const startedAt = `${new Date().toISOString()} (${parts.filter((part) => part !== undefined).join("; ")})`;
  return `${JSON.stringify({ pid: process.pid, startedAt } satisfies z.input<typeof Written>)}\n`;
}

function living(word: Word | undefined): Holder | undefined {
  const holder = word && parse(word.text);
  return holder !== undefined && isHeld(holder) ? holder : undefined;
}

/** Without a birth in the lock, its number may have gone to a stranger, or to our own shell, whose command line names us. */
function isHeld({ pid, birth }: Holder): boolean {
  if (birth === undefined) return !ownLine().has(pid) && isAlive(pid) && runsTandem(pid);
  const here = birthOf(pid);
  return here?.boot === birth.boot && here.tick === birth.tick;
}

const runsTandem = (pid: number) =>
  listProcesses().some((found) => found.pid === pid && found.command.includes("tandem"));

/** Undefined of what no Tandem wrote. */
function parse(text: string): Holder | undefined {
  try {
    const { pid, startedAt } = Written.parse(JSON.parse(text));
    const [, at = startedAt, run, boot, tick] = told.exec(startedAt) ?? [];
    const birth = boot === undefined ? undefined : { boot, tick: Number(tick) };
    return { pid, startedAt: at, run: runKinds.find((kind) => kind === run), birth };
  } catch {
    return undefined;
  }
}
