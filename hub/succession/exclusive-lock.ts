/** A lock on a file that one process holds at a time and that the kernel frees with the process, however that ends. */
import { DatabaseSync } from "node:sqlite";

/** SQLite's own code for a file that another one has locked. */
const busy = 5;

export class ExclusiveLock {
  readonly #path: string;
  #holder: DatabaseSync | undefined;

  /** @param path a file of its own, made when missing; its directory must be there */
  constructor(path: string) {
    this.#path = path;
  }

  /** @returns false when another process holds it @throws Error when the file cannot be made */
  take(): boolean {
    if (this.#holder !== undefined) return true;
    // Node gives no other locks than those of SQLite; there is nothing in the file.
    const database = new DatabaseSync(this.#path, { timeout: 0 });
    try {
      database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      if ((error as { errcode?: number }).errcode === busy) return false; // errors of SQLite carry one
      throw error;
    }
    this.#holder = database;
    return true;
  }

  free(): void {
    this.#holder?.close();
    this.#holder = undefined;
  }
}
