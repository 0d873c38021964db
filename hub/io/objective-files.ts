/** Keeps the counts of the objectives over a restart: what this hub counted by the minute, and what is known of each day. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ObjectiveBook } from "../core/objectives/book.ts";
import type { Books } from "../core/objectives/exchange.ts";
import { keptMinutes, minuteOf } from "../core/objectives/minute-ring.ts";
import { checkedLine, readCheckedLines } from "./checked-lines.ts";
import { type Log, messageOf } from "./log.ts";
import { MinuteLog } from "./minute-log.ts";
import { writeDurably } from "./write-durably.ts";

const Whole = z.number().int().nonnegative();
/** Probes and bad ones, by objective. */
const Counts = z.record(z.string(), z.tuple([Whole, Whole]));
/** Counted since the line before. */
const MinuteLine = z.object({ minute: Whole, counts: Counts });
export type MinuteLine = z.infer<typeof MinuteLine>;
const DayLine = z.object({ day: Whole, counts: Counts });

const dayMs = 86_400_000;
/** Today's, four days' before, and one for a clock that was wrong; as many of a time that is yet to come. */
const maxFiles = 6;
/** A day of minutes of 100 objectives. */
const maxFileBytes = 8 * 1024 * 1024;

export class ObjectiveFiles {
  readonly #daysPath: string;
  readonly #minutes: MinuteLog;
  readonly #log: Log;
  /** Writes go one after another. */
  #last: Promise<void> = Promise.resolve();
  #written = "";
  /** The days of an earlier life are on the disk, and could not be read. */
  #daysUnread = false;

  /** @param directory made when missing; theirs alone */
  constructor(directory: string, log: Log) {
    this.#log = log;
    this.#daysPath = join(directory, "days");
    this.#minutes = new MinuteLog({
      directory: join(directory, "minutes"),
      fileMs: dayMs,
      maxFiles,
      maxFileBytes,
      log,
    });
  }

  /** Fills the books as far as the files are whole; never rejects. */
  async read(books: Books, wallMs: number): Promise<void> {
    const nowMinute = minuteOf(wallMs);
    for (const value of await this.#minutes.read()) {
      const { data } = MinuteLine.safeParse(value);
      if (data === undefined || data.minute > nowMinute || data.minute <= nowMinute - keptMinutes) continue;
      each(books, data.counts, (book, count) => book.addOwn(data.minute, count));
    }
    await this.#takeDays(books);
  }

  /** Resolves when it is on the disk, or was given up. */
  async add(lines: readonly MinuteLine[], wallMs: number): Promise<void> {
    await this.#minutes.append(lines, wallMs);
  }

  /** Writes down what is known of each day, that of an earlier life included, or nothing while that cannot be read. Resolves when that was tried. */
  keepDays(books: Books, wallMs: number): Promise<void> {
    this.#last = this.#last.then(async () => {
      if (this.#daysUnread) await this.#takeDays(books);
      const text = daysText(books, minuteOf(wallMs));
      if (!this.#daysUnread && text !== this.#written) await this.#write(text);
    });
    return this.#last;
  }

  async idle(): Promise<void> {
    await Promise.all([this.#minutes.idle(), this.#last]);
  }

  async #write(text: string): Promise<void> {
    try {
      await writeDurably(this.#daysPath, text);
      this.#written = text;
    } catch (error) {
      this.#log.error("objectives.unkept", { error: messageOf(error) });
    }
  }

  async #takeDays(books: Books): Promise<void> {
    for (const value of await this.#readDays()) {
      const { data } = DayLine.safeParse(value);
      if (data !== undefined) each(books, data.counts, (book, count) => book.noteDay(data.day, count));
    }
  }

  async #readDays(): Promise<unknown[]> {
    this.#daysUnread = false;
    try {
      const { values, damaged } = readCheckedLines(await readFile(this.#daysPath, "utf8"));
      if (damaged > 0) this.#log.warn("objectives.damaged", { path: this.#daysPath, lines: damaged });
      return values;
    } catch (error) {
      // fs errors carry a code
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      this.#log.error("objectives.unread", { path: this.#daysPath, error: messageOf(error) });
      this.#daysUnread = true;
      return [];
    }
  }
}

/** A line a day, so that one that is damaged costs that day. */
function daysText(books: Books, nowMinute: number): string {
  const lines = new Map<number, Record<string, [number, number]>>();
  for (const [name, book] of books) {
    for (const { day, count } of book.allDays(nowMinute)) {
      const counts = lines.get(day) ?? {};
      counts[name] = [count.total, count.bad];
      lines.set(day, counts);
    }
  }
  return [...lines].map(([day, counts]) => checkedLine({ day, counts })).join("");
}

function each(
  books: Books,
  counts: z.infer<typeof Counts>,
  take: (book: ObjectiveBook, count: { total: number; bad: number }) => void,
): void {
  for (const [name, [total, bad]] of Object.entries(counts)) {
    const book = books.get(name);
    if (book !== undefined && total > 0) take(book, { total, bad: Math.min(total, bad) });
  }
}
