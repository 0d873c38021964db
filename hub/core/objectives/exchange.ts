/** What one hub tells the other of its own counts, so that each knows of the minutes in which it was away itself. */
import { z } from "zod";
import type { ObjectiveBook } from "./book.ts";
import { keptMinutes } from "./minute-ring.ts";

export const objectivesExchangePath = "/internal/v1/objectives";

const Whole = z.number().int().nonnegative();
const Numbers = z.array(Whole).max(keptMinutes + 1);

/** A newer hub may tell more. */
export const CountsMessage = z.object({
  v: z.literal(1),
  machine: z.string(),
  /** The first minute that is told of, since 1970. */
  from: Whole,
  /** By name. */
  objectives: z.record(
    z.string(),
    z.object({
      /** A number a minute: probes of that hub, and those of them that got no good answer; short where nothing but zeros follows. */
      totals: Numbers,
      bads: Numbers,
      /** Day since 1970, probes, bad ones, whoever asked; told to one that was away for long only. */
      days: z
        .array(z.tuple([Whole, Whole, Whole]))
        .max(200)
        .default([]),
    }),
  ),
});
export type CountsMessage = z.infer<typeof CountsMessage>;

/** Minutes that are asked for at once: of 200 objectives they take less than 1.5 MB. */
export const askedAtOnce = 720;
/** One that asks from further back was away, and may have missed whole days, minutes. */
const longAway = 60;

export type Books = ReadonlyMap<string, ObjectiveBook>;

/** @param from what comes before is not told, nor more than is kept. @param minutes nor more than so many */
export function tellCounts(
  books: Books,
  machine: string,
  from: number,
  nowMinute: number,
  minutes = Number.POSITIVE_INFINITY,
): CountsMessage {
  const first = Math.max(0, nowMinute - keptMinutes, from);
  const last = Math.min(nowMinute, first + minutes - 1);
  const objectives = Object.fromEntries(
    [...books].map(([name, book]) => {
      const counts = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => book.own(first + i));
      const days = first < nowMinute - longAway ? daysOf(book, nowMinute) : [];
      const totals = withoutEnd(counts.map((count) => count?.total ?? 0));
      return [name, { totals, bads: withoutEnd(counts.map((count) => count?.bad ?? 0)), days }];
    }),
  );
  return { v: 1, machine, from: first, objectives };
}

/** Counts of minutes and days that are yet to come, by this hub's clock, are left out. */
export function takeCounts(books: Books, { from, objectives }: CountsMessage, nowMinute: number): void {
  for (const [name, { totals, bads, days }] of Object.entries(objectives)) {
    const book = books.get(name);
    if (book === undefined) continue;
    for (const [i, total] of totals.entries()) {
      const minute = from + i;
      if (minute > nowMinute || minute <= nowMinute - keptMinutes) continue;
      book.setPeers(minute, { total, bad: Math.min(total, bads[i] ?? 0) });
    }
    for (const [day, total, bad] of days)
      if (day * 1_440 <= nowMinute) book.noteDay(day, { total, bad: Math.min(total, bad) });
  }
}

const daysOf = (book: ObjectiveBook, nowMinute: number) =>
  book.days(nowMinute).map(({ day, count }): [number, number, number] => [day, count.total, count.bad]);

function withoutEnd(numbers: readonly number[]): number[] {
  return numbers.slice(0, numbers.findLastIndex((number) => number !== 0) + 1);
}
