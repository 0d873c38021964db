/** Writes small files that must be whole after any crash: old or new, never half, and on the disk when it is said that they are. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Readable by its owner alone, as is a directory that is made for it. */
const fileMode = 0o600;
const directoryMode = 0o700;
const workPath = (path: string) => `${path}.new`;

/**
 * Resolves when it is on disk. Of one path one at a time.
 *
 * @param directoryIs `there`: one that is gone is an error. @default "made", when it is missing
 */
export async function writeDurably(
  path: string,
  content: string,
  directoryIs: "made" | "there" = "made",
): Promise<void> {
  const directory = dirname(path);
  if (directoryIs === "made") await mkdir(directory, { recursive: true, mode: directoryMode });
  // One that a crash left may have other rights.
  await rm(workPath(path), { force: true });
  const file = await open(workPath(path), "wx", fileMode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(workPath(path), path);
  // The new name is an entry of the directory, which has to be synced as well.
  const entries = await open(directory, "r");
  try {
    await entries.sync();
  } finally {
    await entries.close();
  }
}

/** As `writeDurably`, for what nothing may go on without. @param mode of the file. @default 0600 */
export function writeDurablySync(path: string, content: Uint8Array, mode = fileMode): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: directoryMode });
  rmSync(workPath(path), { force: true });
  const file = openSync(workPath(path), "wx", mode);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(workPath(path), path);
  sync(directory);
}

/** Everything in it, and the folder itself. */
export function syncFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncFolder(path);
    else if (entry.isFile()) sync(path);
  }
  sync(folder);
}

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
