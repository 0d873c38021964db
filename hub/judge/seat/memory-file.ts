/** Keeps the table of owners on disk: whole after any crash, and said to be there only once a power cut would spare it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Saved } from "../../core/failover/messages.ts";
import { type Log, messageOf } from "../../io/log.ts";
import { writeDurably } from "../../io/write-durably.ts";

const fileName = "failover.json";
const File = z.strictObject({ v: z.literal(1), saved: Saved });

export class MemoryFile {
  readonly #path: string;
  readonly #log: Log;
  readonly #kept: (saved: Saved) => void;
  #next: Saved | undefined;
  #busy: Promise<void> | undefined;
  #complaint = "";

  /** @param kept told each time that something is on disk */
  constructor(stateDirectory: string, log: Log, kept: (saved: Saved) => void) {
    this.#path = join(stateDirectory, fileName);
    this.#log = log;
    this.#kept = kept;
  }

  /** Undefined where there is nothing that can be believed: then it is as if the disk were new. */
  load(): Saved | undefined {
    try {
      return File.parse(JSON.parse(readFileSync(this.#path, "utf8"))).saved;
    } catch (error) {
      // A first start is nothing to complain of.
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing) this.#log.error("failover.table_unreadable", { path: this.#path, error: messageOf(error) });
      return undefined;
    }
  }

  /** One at a time; of those that wait the newest is written. */
  save(saved: Saved): void {
    this.#next = saved;
    this.#busy ??= this.#work().finally(() => {
      this.#busy = undefined;
    });
  }

  /** Resolves when nothing is written any more. */
  async idle(): Promise<void> {
    await this.#busy;
  }

  async #work(): Promise<void> {
    for (let saved = this.#next; saved !== undefined; saved = this.#next) {
      this.#next = undefined;
      try {
        await writeDurably(this.#path, `${JSON.stringify({ v: 1, saved } satisfies z.infer<typeof File>)}\n`);
        this.#complaint = "";
        this.#kept(saved);
      } catch (error) {
        // The core asks again each second, and calls an operator.
        const complaint = messageOf(error);
        if (complaint !== this.#complaint)
          this.#log.error("failover.table_unwritten", { path: this.#path, error: complaint });
        this.#complaint = complaint;
      }
    }
  }
}
