/** A disk in memory under one machine's folder, which can be full, of bytes or of files, at a moment's notice. Mounting one is root's. */
import { execFileSync } from "node:child_process";
import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** Nothing is taken of memory before it is written. */
const roomyBytes = 4 * 1024 ** 3;
const roomyInodes = 1_000_000;
/** What is left when it is full: less than one message, bytes. */
const leftBytes = 4_096;
/** One takes some 3 ms, in which a busy server writes more than what is left. */
const fillAttempts = 20;
/** What the list of mounts calls it. */
const source = "tandem-small-disk";

export class SmallDisk {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** A reason instead where it cannot be had. */
  static mount(folder: string): SmallDisk | string {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux may mount a disk";
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${roomyBytes},nr_inodes=${roomyInodes}`, source, folder], {
        stdio: "pipe",
      });
      mkdirSync(join(folder, "logs"));
      return new SmallDisk(folder);
    } catch (error) {
      return `mount says: ${(error as Error).message.trim().split("\n").at(-1)}`; // execFileSync throws errors only
    }
  }

  /** @throws where writers are faster each time: a size below what is used by then is refused */
  fill(): void {
    for (let left = fillAttempts; ; left--) {
      const { blocks, bfree, bsize } = statfsSync(this.#folder);
      try {
        this.#resize((blocks - bfree) * bsize + leftBytes);
        return;
      } catch (error) {
        if (left <= 1) throw error;
      }
    }
  }

  /** No new file can be made; those that are there may grow. */
  fillInodes(): void {
    for (let left = fillAttempts; ; left--) {
      const { files, ffree } = statfsSync(this.#folder);
      try {
        this.#remount(`nr_inodes=${files - ffree}`);
        return;
      } catch (error) {
        if (left <= 1) throw error;
      }
    }
  }

  free(): void {
    this.#remount(`size=${roomyBytes},nr_inodes=${roomyInodes}`);
  }

  unmount(): void {
    execFileSync("umount", ["-l", this.#folder], { stdio: "pipe" });
  }

  #resize(bytes: number): void {
    this.#remount(`size=${bytes}`);
  }

  #remount(options: string): void {
    // With the type and the source given, mount need not look for them in the list of mounts, which it can misread while
    // others come and go.
    const args = ["-t", "tmpfs", "-o", `remount,${options}`, source, this.#folder];
    execFileSync("mount", args, { stdio: "pipe" });
  }
}
