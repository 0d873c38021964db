/** Chooses the folder of a run, and keeps others out of it while the run is in there. */
import { existsSync, mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { holderOf, takeLock } from "../local/lock.ts";
import { Checkpoint } from "./checkpoint.ts";
import {
  filesOf,
  hasBegun,
  holdsRun,
  observedMsOf,
  readCheckpoints,
  readLines,
  readRun,
  readSettings,
} from "./run-files.ts";
import { type Asked, askedMsOf, isSame } from "./settings.ts";

/**
 * The newest run in `dir` that was asked for the same and is not over, else a new one named for the day.
 *
 * @param seed undefined: whichever it is
 */
export function folderFor(dir: string, asked: Asked, seed: number | undefined, startedAt: string): string {
  const runs = readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return name.startsWith("soak-") && holdsRun(path) && isAskedFor(path, asked, seed) ? [path] : [];
  });
  const newestFirst = runs.toSorted((a, b) => (startedOf(a) < startedOf(b) ? 1 : -1));
  return newestFirst.find((path) => !isOver(path)) ?? newFolder(join(dir, `soak-${startedAt.slice(0, 10)}`));
}

/** Whether it was observed for as long as was asked, and all of it is vouched for: nothing is left to do. */
export function isOver(dir: string): boolean {
  const lines = readLines(dir);
  const last = Checkpoint.safeParse([...readCheckpoints(dir).values()].at(-1)).data;
  if (last === undefined || last.slices.after + last.slices.count < lines.sliceLines.length) return false;
  return observedMsOf(readRun(dir, lines).slices) >= askedMsOf(lines.settings);
}

/** @returns what lets others in; a folder that is empty then is taken away */
export function lockFolder(dir: string): () => void {
  const path = resolve(dir);
  try {
    mkdirSync(path, { recursive: true });
    const release = takeLock(filesOf(path).lock, ({ pid, startedAt }) => {
      const next = `Let it go on, or stop it (Ctrl-C there, or kill ${pid}); another soak needs another folder (--out)`;
      return new OperatorError("soak.locked", `${path} is in use by process ${pid}, started ${startedAt}`, next);
    });
    return () => {
      release();
      if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
    };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const next = "Make it writable, or choose another folder with --out";
    throw new OperatorError("soak.unwritable", `cannot use ${path}: ${messageOf(error)}`, next);
  }
}

/** One of another version, or a damaged one, is no run to go on with unasked. */
function isAskedFor(path: string, asked: Asked, seed: number | undefined): boolean {
  try {
    return isSame(readSettings(path), asked, seed);
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}

const startedOf = (path: string) => readSettings(path).startedAt;

function newFolder(name: string): string {
  for (let number = 1; ; number++) {
    const path = number === 1 ? name : `${name}-${number}`;
    if (!existsSync(path) || (holderOf(filesOf(path).lock) === undefined && isEmpty(path))) return path;
  }
}

/** What a start left that found no pair is of no use to anybody. */
const isEmpty = (path: string) => (holdsRun(path) ? !hasBegun(path) : readdirSync(path).length === 0);
