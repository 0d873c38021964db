/**
 * One process at a time for what must not be done twice at once. Plain JavaScript for Node 18, as setup.mjs, which it serves; what is
 * told is an Error of the file system.
 */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";

/** A holder touches its lock this often. */
const touchMs = 2_000;
/** A lock that was not touched for so long while it was looked at has lost its holder, whatever process has its number now. */
const abandonedMs = 15_000;
const pollMs = 250;

/**
 * Runs `work` while no other process holds the file `lock`; a process that ends within it frees it, too.
 *
 * @param around `onWait` is called once, with the holder's process id, when somebody else does; `onPoll` at each look from then on
 */
export async function alone(lock, { onWait, onPoll }, work) {
  let said = false;
  let touchedMs;
  let sinceMs;
  while (!take(lock)) {
    const holder = holderOf(lock);
    if (holder === undefined) continue;
    // By this process's own clock, which stands still while the computer sleeps, as the holder does.
    if (holder.touchedMs !== touchedMs) [touchedMs, sinceMs] = [holder.touchedMs, performance.now()];
    if (!isRunning(holder.pid) || performance.now() - sinceMs > abandonedMs) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!said) onWait(holder.pid);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    onPoll();
  }
  const timer = setInterval(() => touch(lock), touchMs);
  const free = () => {
    if (holderOf(lock)?.pid === process.pid) rmSync(lock, { force: true });
  };
  process.once("exit", free);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.off("exit", free);
    free();
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

/** Undefined when it is gone. Its number is 0 in the moment in which it is made. */
function holderOf(lock) {
  try {
    return { pid: Number(readFileSync(lock, "utf8")), touchedMs: statSync(lock).mtimeMs };
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

function isRunning(pid) {
  // Of a lock that is being made.
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function touch(lock) {
  const now = new Date();
  try {
    utimesSync(lock, now, now);
  } catch {
    // Somebody removed it; what runs goes on.
  }
}
