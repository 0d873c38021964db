/** A small JSON file that survives a crash at any moment: what it held before, or what it was given, whole and on the disk. */
import { readFile } from "node:fs/promises";
import { writeDurably } from "./write-durably.ts";

export class StateFile<T> {
  readonly #path: string;
  readonly #schema: { parse(value: unknown): T };
  /** Writes go one after another, or an older one could end last. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, schema: { parse(value: unknown): T }) {
    this.#path = path;
    this.#schema = schema;
  }

  /** Undefined when there is none yet. Rejects when it is not what it should be. */
  async read(): Promise<T | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined; // fs errors carry a code
      throw error;
    }
    return this.#schema.parse(JSON.parse(text));
  }

  /** Resolves when nothing is written any more. */
  async idle(): Promise<void> {
    await this.#last;
  }

  /** Resolves when it is on the disk. */
  write(value: T): Promise<void> {
    const text = `${JSON.stringify(value)}\n`;
    const written = this.#last.then(() => writeDurably(this.#path, text));
    this.#last = written.catch(() => {});
    return written;
  }
}
