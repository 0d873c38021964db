/** The folder of fetched tools: one folder a tool and version, made whole or not at all, by one process at a time. */
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A holder touches its lock this often. */
const touchMs = 2_000;
/** A lock that was not touched for so long has lost its holder, whatever process has its number now. */
const abandonedMs = 15_000;
const pollMs = 250;

/** `$XDG_CACHE_HOME/tandem/tools`, or the same below `~/.cache`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tandem", "tools");
}

/** Paths of a tool's kept programs; the newest version is not necessarily the first. */
export function keptPrograms(folder: string, tool: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.startsWith(`${tool}-`))
    .map((entry) => join(folder, entry, tool));
}

/** An empty folder beside the kept tools, so that a rename can move what is in it. */
export function makeWorkFolder(folder: string, tool: string): string {
  mkdirSync(folder, { recursive: true });
  return mkdtempSync(join(folder, `.tmp-${tool}-`));
}

/** Keeps a program under its version. Whoever looks meanwhile sees all of it or nothing. Returns its path. */
export function keep(folder: string, tool: string, version: string, program: string): string {
  const target = join(folder, `${tool}-${version}`);
  const ready = makeWorkFolder(folder, tool);
  chmodSync(ready, 0o755);
  chmodSync(program, 0o755);
  renameSync(program, join(ready, tool));
  rmSync(target, { recursive: true, force: true });
  renameSync(ready, target);
  return join(target, tool);
}

/** What an interrupted install left behind. Only for the holder of the tool's lock. */
export function removeLeftovers(folder: string, tool: string): void {
  for (const entry of entriesOf(folder)) {
    if (entry.startsWith(`.tmp-${tool}-`)) rmSync(join(folder, entry), { recursive: true, force: true });
  }
}

/**
 * Runs `work` while no other process of this user installs the same tool. `onWait` is called once, with the holder's
 * process id, when somebody else does; `signal` ends the waiting with its reason.
 */
export async function withLock<T>(
  folder: string,
  tool: string,
  { onWait, signal }: { onWait(pid: number): void; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, `.lock-${tool}`);
  let said = false;
  while (!tryLock(lock)) {
    signal.throwIfAborted();
    const holder = holderOf(lock);
    if (holder === undefined) continue;
    if (holder.abandoned) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!said) onWait(holder.pid);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const timer = setInterval(() => touch(lock), touchMs);
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    rmSync(lock, { force: true });
  }
}

/** A link appears with its content in one step; a lock made by opening a file could be read while it is empty. */
function tryLock(lock: string): boolean {
  const own = `${lock}-${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // file errors carry a code
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Undefined when it is gone. */
function holderOf(lock: string): { pid: number; abandoned: boolean } | undefined {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    const silentMs = Date.now() - statSync(lock).mtimeMs;
    return { pid, abandoned: silentMs > abandonedMs || !isRunning(pid) };
  } catch (error) {
    // One that cannot be read would be asked again without end.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // file errors carry a code
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // kill's errors carry a code
  }
}

function touch(lock: string): void {
  const now = new Date();
  try {
    utimesSync(lock, now, now);
  } catch {
    // Somebody removed the cache; the install goes on and says so itself.
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
