/** Stores notes in their order, and keeps those that cannot be stored yet: a hub that starts has something to say before its records are read. */
import type { Alert } from "./core/record.ts";
import { happenedAt } from "./core/timeline/happened-at.ts";
import type { Note } from "./core/timeline/note-names.ts";
import type { AppendOutcome, Unstamped } from "./io/journal.ts";
import { type Log, messageOf } from "./io/log.ts";

export interface NoteDeskOptions {
  append(alert: Unstamped<Alert>): Promise<AppendOutcome>;
  log: Log;
}

interface Waiting {
  note: Note;
  /** Wall ms. */
  sinceMs: number;
}

const retryMs = 1_000;
const maxWaiting = 200;
/** What is stored later than this after it happened says when that was, ms. */
const lateMs = 2_000;

export class NoteDesk {
  readonly #options: NoteDeskOptions;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #storing = false;

  constructor(options: NoteDeskOptions) {
    this.#options = options;
  }

  /** Now or later. Beyond 200 that wait, the oldest is let go. */
  put(note: Note): void {
    this.#waiting.push({ note, sinceMs: Date.now() });
    if (this.#waiting.length > maxWaiting) this.#options.log.warn("note.dropped", { ...this.#waiting.shift()?.note });
    void this.#storeAll();
  }

  /** Resolves with why it may not be stored; undefined when it is. Never rejects. */
  async store({ name, subject, message }: Note): Promise<string | undefined> {
    try {
      const outcome = await this.#options.append({ kind: "alert", severity: "resolved", name, subject, message });
      return "reason" in outcome ? outcome.reason : undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const { note } of this.#waiting.splice(0)) this.#options.log.warn("note.dropped", { ...note });
  }

  async #storeAll(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    clearTimeout(this.#timer);
    for (let waiting = this.#waiting[0]; waiting !== undefined; waiting = this.#waiting[0]) {
      const { note, sinceMs } = waiting;
      const isLate = Date.now() - sinceMs > lateMs;
      const why = await this.store(isLate ? { ...note, message: happenedAt(note.message, sinceMs) } : note);
      if (why !== undefined) {
        this.#options.log.info("note.waits", { name: note.name, why });
        break;
      }
      // It may have been let go meanwhile.
      if (this.#waiting[0] === waiting) this.#waiting.shift();
    }
    this.#storing = false;
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => void this.#storeAll(), retryMs);
  }
}
