/** Holds the lock of every machine that a deployment touches, and says who else does. */
import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { listProcesses } from "../local/processes.ts";
import { oneLine } from "../one-line.ts";
import { freeFileScript, freeScript, readScript, takeScript } from "./lock-script.ts";
import { onMachine, type Place } from "./place.ts";

export const Owner = z.object({
  id: z.string().min(1),
  user: z.string(),
  host: z.string(),
  pid: z.number().int(),
  /** Of the kernel that runs the process: another computer may have the same name. Missing where there is none, and of old owners. */
  boot: z.string().optional(),
  /** In which the process has its number: another one has other processes with the same. */
  pidNamespace: z.string().optional(),
  /** ISO 8601 in UTC. */
  since: z.string(),
  /** @example "deploy" */
  what: z.string(),
});
export type Owner = z.infer<typeof Owner>;

export interface Held {
  owner: Owner;
  /** Owners of this computer that had died with the lock in their hands. */
  dead: Owner[];
  /** Frees what is reachable; never throws. */
  release(): Promise<void>;
}

export function ownerHere(what: string): Owner {
  const { username: user } = userInfo();
  const since = new Date().toISOString();
  return { id: randomUUID(), user, host: hostname(), pid: process.pid, ...kernelHere(), since, what };
}

function kernelHere(): Pick<Owner, "boot" | "pidNamespace"> {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { boot, pidNamespace: readlinkSync("/proc/self/ns/pid") };
  } catch {
    return {};
  }
}

/**
 * Takes them in the order of their names, so that of two that begin at once one gets all.
 * @throws OperatorError `deploy.locked` with nothing held when somebody else holds one of them
 */
export async function takeLocks(places: readonly Place[], what: string): Promise<Held> {
  const owner = ownerHere(what);
  const held: Place[] = [];
  const dead = new Map<string, Owner>();
  const release = async () => {
    const free = (place: Place) => onMachine(place, freeScript(dataOf(place), owner.id)).catch(() => {});
    await Promise.all(held.map(free));
  };
  try {
    for (const place of places.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const other = await take(place, owner);
      held.push(place);
      if (other !== undefined) dead.set(other.id, other);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { owner, dead: [...dead.values()], release };
}

/** @returns the dead owner that it was taken from */
async function take(place: Place, owner: Owner): Promise<Owner | undefined> {
  const holder = await tryTake(place, owner, undefined);
  if (holder === undefined) return undefined;
  if (!isDead(holder)) throw locked(place, holder);
  const next = await tryTake(place, owner, holder.id);
  if (next !== undefined) throw locked(place, next);
  return holder;
}

async function tryTake(place: Place, owner: Owner, from: string | undefined): Promise<Owner | undefined> {
  const said = await onMachine(place, takeScript(dataOf(place), from), { stdin: `${JSON.stringify(owner)}\n` });
  const [first = "", ...rest] = said.split("\n");
  return first === "taken" ? undefined : ownerIn(rest.join("\n"), place);
}

/** A lock as it is found: `owner` is undefined where the file says nothing that can be read. */
export interface FoundLock {
  file: string;
  owner: Owner | undefined;
}

/** Undefined when the lock is free. */
export async function findLock(place: Place): Promise<FoundLock | undefined> {
  const [file = "", ...rest] = (await onMachine(place, readScript(dataOf(place)))).split("\n");
  return file === "" ? undefined : { file, owner: parsed(rest.join("\n")) };
}

/** Undefined when the lock is free. @throws OperatorError when nobody can read who holds it */
export async function holderOf(place: Place): Promise<Owner | undefined> {
  const found = await findLock(place);
  if (found !== undefined && found.owner === undefined) throw unread(place);
  return found?.owner;
}

/** @returns whether this owner held it until now */
export async function freeLock(place: Place, { id }: Owner): Promise<boolean> {
  return (await onMachine(place, freeScript(dataOf(place), id))).trim() === "freed";
}

/** For one that does not say whose it is. @returns whether this file held it until now */
export async function freeLockFile(place: Place, { file }: FoundLock): Promise<boolean> {
  return (await onMachine(place, freeFileScript(dataOf(place), file))).trim() === "freed";
}

/**
 * Of this computer's own user, and without a process that could be it. One of another boot may run on another computer of the same name:
 * it is not judged.
 */
export function isDead({ user, host, pid, boot, pidNamespace }: Owner, processes = listProcesses): boolean {
  if (host !== hostname() || user !== userInfo().username) return false;
  const here = kernelHere();
  if (boot !== undefined && boot !== here.boot) return false;
  if (pidNamespace !== undefined && pidNamespace !== here.pidNamespace) return false;
  return !processes().some((one) => one.pid === pid && /node|tandem/.test(one.command));
}

/** @example "ops@desk, deploy, for 4 min, process 4711" */
export function describeOwner({ user, host, pid, since, what }: Owner, nowMs: number): string {
  return oneLine(`${user}@${host}, ${what}, since ${since} (${age(nowMs - Date.parse(since))}), process ${pid}`);
}

function age(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return "less than a minute";
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

function locked(place: Place, owner: Owner): OperatorError {
  return new OperatorError(
    "deploy.locked",
    `${place.name} is locked by ${describeOwner(owner, Date.now())}`,
    "Wait until that one has ended. Only if it is certain that it runs no more: tandem unlock, then begin anew",
  );
}

function ownerIn(text: string, place: Place): Owner {
  const owner = parsed(text);
  if (owner === undefined) throw unread(place);
  return owner;
}

function parsed(text: string): Owner | undefined {
  try {
    return Owner.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function unread(place: Place): OperatorError {
  return new OperatorError(
    "deploy.lock-unread",
    `${dataOf(place)}/deploy.lock on ${place.name} holds something that is no owner of a lock`,
    "Look at it there; when no deployment runs, tandem unlock takes it away",
  );
}

const dataOf = ({ stack }: Place) => stack.site.paths.data;
