/** Stores notes in their order, and keeps those that cannot be stored yet: a hub that starts has something to say before its records are read. */
import type { Alert } from "./core/record.ts";
import type { Note } from "./core/timeline/note-names.ts";
import type { AppendOutcome, Unstamped } from "./io/journal.ts";
import { type Log, messageOf } from "./io/log.ts";

export interface NoteDeskOptions {
  append(alert: Unstamped<Alert>): Promise<AppendOutcome>;
  log: Log;
}

const retryMs = 1_000;
const maxWaiting = 200;

export class NoteDesk {
  readonly #options: NoteDeskOptions;
  readonly #waiting: Note[] = [];
  #timer: NodeJS.Timeout | undefined;
  #storing = false;

  constructor(options: NoteDeskOptions) {
    this.#options = options;
  }

  /** Now or later. Beyond 200 that wait, the oldest is let go. */
  put(note: Note): void {
    this.#waiting.push(note);
    if (this.#waiting.length > maxWaiting) this.#options.log.warn("note.dropped", { ...this.#waiting.shift() });
    void this.#storeAll();
  }

  /** Resolves with why it is not stored; undefined when it is. Never rejects. */
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
    for (const note of this.#waiting.splice(0)) this.#options.log.warn("note.dropped", { ...note });
  }

  async #storeAll(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    clearTimeout(this.#timer);
    for (let note = this.#waiting[0]; note !== undefined; note = this.#waiting[0]) {
      const why = await this.store(note);
      if (why !== undefined) {
        this.#options.log.info("note.waits", { name: note.name, why });
        break;
      }
      // It may have been let go meanwhile.
      if (this.#waiting[0] === note) this.#waiting.shift();
    }
    this.#storing = false;
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => void this.#storeAll(), retryMs);
  }
}
