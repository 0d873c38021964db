/**
 * A log of what each minute brings, in files of some hours each: appended and synced, bounded in size and age, and read back as far
 * as it is whole. Nothing that goes wrong with it stops the hub.
 */
import { mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkedLine, readCheckedLines } from "./checked-lines.ts";
import { type Log, messageOf } from "./log.ts";

export interface MinuteLogOptions {
  /** Made when missing; this log's alone. */
  directory: string;
  /** Time that a file is of, ms; a divisor of a day, in whole hours. */
  fileMs: number;
  /** The newest so many are kept, and as many of a time that is yet to come. */
  maxFiles: number;
  /** Beyond it a file takes no more, bytes. */
  maxFileBytes: number;
  log: Log;
}

const fileMode = 0o600;
const directoryMode = 0o700;
const fileName = /^(\d{4}-\d{2}-\d{2}T\d{2})\.log$/;

export class MinuteLog {
  readonly #options: MinuteLogOptions;
  /** Writes go one after another. */
  #last: Promise<boolean> = Promise.resolve(true);
  /** Files whose end this process has written: what an earlier one left, or an append that failed, may end in the middle of a line. */
  readonly #continued = new Set<string>();
  #failing = false;

  constructor(options: MinuteLogOptions) {
    this.#options = options;
  }

  /** What is there, the oldest first. */
  async read(): Promise<unknown[]> {
    const { directory, log, maxFiles } = this.#options;
    const values: unknown[] = [];
    // Those of the past and those of a time that is yet to come, of which there are so many at most each.
    for (const name of (await this.#files()).slice(-2 * maxFiles)) {
      const path = join(directory, name);
      try {
        // Forced to be larger by nobody but this log; one that is would take the memory of the hub.
        if ((await stat(path)).size > 2 * this.#options.maxFileBytes) throw new Error("it is larger than it can be");
        const read = readCheckedLines(await readFile(path, "utf8"));
        for (const value of read.values) values.push(value);
        if (read.damaged > 0) log.warn("minutes.damaged", { path, lines: read.damaged });
      } catch (error) {
        log.error("minutes.unread", { path, error: messageOf(error) });
      }
    }
    return values;
  }

  /** Resolves with whether it is on the disk; if not, it was given up. @param values a line each */
  append(values: readonly unknown[], wallMs: number): Promise<boolean> {
    this.#last = this.#last
      .then(() => this.#append(values, wallMs))
      .then(
        () => {
          this.#failing = false;
          return true;
        },
        (error: unknown) => {
          // Said once: a full disk would fill the log, too.
          if (!this.#failing) this.#options.log.error("minutes.unwritten", { error: messageOf(error) });
          this.#failing = true;
          return false;
        },
      );
    return this.#last;
  }

  /** Resolves when nothing is written any more. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #append(values: readonly unknown[], wallMs: number): Promise<void> {
    const { directory, fileMs } = this.#options;
    const name = nameOf(Math.floor(wallMs / fileMs) * fileMs);
    await mkdir(directory, { recursive: true, mode: directoryMode });
    const isFirst = !this.#continued.delete(name);
    await this.#write(name, values, isFirst);
    this.#continued.add(name);
    if (isFirst) await this.#drop(wallMs);
  }

  async #write(name: string, values: readonly unknown[], isFirst: boolean): Promise<void> {
    const { directory, maxFileBytes } = this.#options;
    const file = await open(join(directory, name), "a", fileMode);
    try {
      const { size } = await file.stat();
      const text = (isFirst && size > 0 ? "\n" : "") + values.map(checkedLine).join("");
      if (size + text.length > maxFileBytes) throw new Error(`${name} has ${maxFileBytes} bytes already`);
      await file.appendFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /**
   * Those that are too many. Those of a time that is yet to come are bounded by themselves: a clock that ran ahead left them, or the clock is
   * behind now and they are all there is of the past.
   */
  async #drop(wallMs: number): Promise<void> {
    const { directory, fileMs, maxFiles } = this.#options;
    const names = await this.#files();
    const ahead = names.filter((name) => timeOf(name) > wallMs + fileMs);
    const kept = names.filter((name) => !ahead.includes(name));
    const tooMany = [...ahead.slice(0, -maxFiles), ...kept.slice(0, -maxFiles)];
    for (const name of tooMany) await rm(join(directory, name), { force: true });
  }

  async #files(): Promise<string[]> {
    try {
      return (await readdir(this.#options.directory)).filter((name) => fileName.test(name)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        // fs errors carry a code
        this.#options.log.error("minutes.unread", { path: this.#options.directory, error: messageOf(error) });
      return [];
    }
  }
}

/** @example "2026-03-01T06.log" */
const nameOf = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(0, 13)}.log`;
const timeOf = (name: string): number => Date.parse(`${fileName.exec(name)?.[1]}:00:00Z`);
