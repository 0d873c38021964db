/** The folder that a local pair keeps its data in: claimed by one run at a time, of one version, never guessed at. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { type Holder, holderOf, type RunKind, takeLock } from "./lock.ts";
import { processName } from "./process-name.ts";
import { listProcesses, ownLine, stopProcesses } from "./processes.ts";

/** Grows when the folder's shape changes in a way that an older or newer run cannot read. */
export const dataVersion = 1;

const Stamp = z.strictObject({ version: z.number().int(), createdAt: z.string() });
const stampName = "tandem.json";
const lockName = "tandem.lock";

/** Tells the run of a folder to start again what is dead. */
export const reviveSignal = "SIGUSR2";

export interface DataFolder {
  path: string;
  /** Whether an earlier run left data here. */
  existed: boolean;
  /** The folder of one machine, absolute. */
  machine(name: string): string;
  release(): void;
}

/**
 * Opens or makes the folder; leftovers of a run that was killed are stopped, and said so.
 *
 * @param run kind of run, told to whoever would give it orders @default one that takes none
 */
export async function openDataFolder(
  dir: string,
  machines: readonly string[],
  say: (line: string) => void,
  run?: RunKind,
): Promise<DataFolder> {
  const path = resolve(dir);
  const existed = checkStamp(path);
  const release = takeLock(join(path, lockName), (holder) => locked(path, holder), run);
  try {
    await stopLeftovers(path, machines, say);
    for (const machine of machines) mkdirSync(join(path, machine, "logs"), { recursive: true });
  } catch (error) {
    release();
    throw error;
  }
  return { path, existed, machine: (name) => join(path, name), release };
}

/** The file is whole or not there at all, also when the computer stops in the middle. */
export function writeWhole(path: string, text: string, mode = 0o644): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode, flush: true });
  renameSync(temporary, path);
}

function checkStamp(path: string): boolean {
  const stampPath = join(path, stampName);
  try {
    mkdirSync(path, { recursive: true });
    if (!existsSync(stampPath)) {
      const strangers = readdirSync(path).filter((name) => name !== `${stampName}.new`);
      if (strangers.length > 0) throw foreign(path, strangers);
      writeWhole(stampPath, `${JSON.stringify({ version: dataVersion, createdAt: new Date().toISOString() })}\n`);
      return false;
    }
    const text = readFileSync(stampPath, "utf8");
    const stamp = parse(Stamp, text);
    if (stamp === undefined) throw broken(stampPath);
    if (stamp.version !== dataVersion) throw otherVersion(path, stamp.version);
    return true;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      "data.unusable",
      `cannot use the data folder ${path}: ${(error as Error).message}`, // fs throws errors only
      "Make it writable, or choose another with --data DIR",
    );
  }
}

/** Who has the folder now; undefined without a run. */
export const holderOfRun = (dir: string): Holder | undefined => holderOf(join(dir, lockName));

/** Process of the run that has the folder now; undefined without one. */
export const runOf = (dir: string): number | undefined => holderOfRun(dir)?.pid;

/** Processes of these machines, whoever started them, but for ours and those that wait for it. */
export function processesOf(path: string, machines: readonly string[]): number[] {
  const own = ownLine();
  return listProcesses().flatMap((found) =>
    !own.has(found.pid) && processName(found, path, machines) !== undefined ? [found.pid] : [],
  );
}

async function stopLeftovers(path: string, machines: readonly string[], say: (line: string) => void): Promise<void> {
  const left = processesOf(path, machines);
  if (left.length === 0) return;
  say(`stopping ${left.length} processes that an earlier run left behind: ${left.join(", ")}`);
  await stopProcesses(left);
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const locked = (path: string, { pid, startedAt }: Holder) =>
  new OperatorError(
    "data.locked",
    `${path} is in use by process ${pid}, started ${startedAt}`,
    `Stop it (Ctrl-C there, or kill ${pid}), or choose another folder with --data DIR`,
  );

const foreign = (path: string, names: string[]) =>
  new OperatorError(
    "data.foreign",
    `${path} is no data folder of a local pair: it has ${names.slice(0, 3).join(", ")} but no ${stampName}`,
    "Choose an empty or new folder with --data DIR; nothing was changed here",
  );

const broken = (stampPath: string) =>
  new OperatorError(
    "data.broken",
    `${stampPath} is half-written or not ours`,
    `If the folder is a local pair's, write {"version":${dataVersion},"createdAt":"…"} into it to keep its data; or choose another with --data DIR. Nothing was changed`,
  );

const otherVersion = (path: string, version: number) =>
  new OperatorError(
    "data.version",
    `${path} was written by version ${version} of the data folder; this is version ${dataVersion}`,
    `Run the Tandem that wrote it, or choose another folder with --data DIR. Nothing was changed`,
  );
