import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keptDays, ObjectiveBook, sumOfDays } from "../../../../hub/core/objectives/book.ts";
import type { Count } from "../../../../hub/core/objectives/minute-ring.ts";
import { keptMinutes } from "../../../../hub/core/objectives/minute-ring.ts";

const day = 1_440;
/** A whole day, so that sums of days are easily said. */
const now = 20_000 * day + 700;
const good = (total: number): Count => ({ total, bad: 0 });

const someCount = fc.record({
  total: fc.integer({ min: 1, max: 120 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});
const someMinutes = fc.array(
  fc.record({
    minute: fc.integer({ min: now - keptMinutes + 1, max: now }),
    by: fc.constantFrom("own" as const, "peer" as const),
    count: someCount.map(({ total, share }) => ({ total, bad: Math.floor(total * share) })),
  }),
  { maxLength: 300 },
);

describe("the book of an objective", () => {
  it("sums the minutes of any window and the days as a naive reckoning does, each minute by one hub alone", () => {
    fc.assert(
      fc.property(someMinutes, fc.integer({ min: 1, max: keptMinutes }), (events, minutes) => {
        const book = new ObjectiveBook();
        const own = new Map<number, Count>();
        const peer = new Map<number, Count>();
        for (const { minute, by, count } of events) {
          if (by === "own") {
            const { total, bad } = own.get(minute) ?? good(0);
            own.set(minute, { total: total + count.total, bad: bad + count.bad });
            book.addOwn(minute, count);
          } else {
            peer.set(minute, count);
            book.setPeers(minute, count);
          }
        }
        const at = (minute: number) => {
          const [mine, theirs] = [own.get(minute) ?? good(0), peer.get(minute) ?? good(0)];
          return theirs.total > 2 * mine.total ? theirs : mine;
        };
        const sum = (from: number, to: number) => {
          const all = good(0);
          for (const minute of new Set([...own.keys(), ...peer.keys()])) {
            if (minute <= from || minute > to) continue;
            all.total += at(minute).total;
            all.bad += at(minute).bad;
          }
          return all;
        };
        expect(book.between(now - minutes, now)).toEqual(sum(now - minutes, now));
        for (const { day: number, count } of book.days(now))
          expect([number, count]).toEqual([number, sum(number * day - 1, (number + 1) * day - 1)]);
      }),
    );
  });

  it("counts nothing before it was served once: what nobody has set up yet breaks no promise", () => {
    const book = new ObjectiveBook();
    expect(book.count(now, { total: 1, bad: 1 })).toBe(false);
    expect(book.count(now, good(1))).toBe(true);
    expect(book.count(now, { total: 2, bad: 2 })).toBe(true);
    expect(book.at(now)).toEqual({ total: 3, bad: 2 });
  });

  it("takes the peer's word on a minute of which it saw less than half, and its own on one of which it saw 40 of 60 s", () => {
    const book = new ObjectiveBook();
    book.addOwn(now - 1, { total: 20, bad: 0 });
    book.setPeers(now - 1, { total: 60, bad: 30 });
    book.addOwn(now - 2, { total: 40, bad: 0 });
    book.setPeers(now - 2, { total: 60, bad: 30 });
    expect([book.at(now - 1), book.at(now - 2)]).toEqual([{ total: 60, bad: 30 }, good(40)]);
  });

  it("keeps 90 days, and those that its minutes tell less of than a file does", () => {
    const book = new ObjectiveBook();
    const today = now / day;
    for (let back = 0; back < 200; back++) book.noteDay(Math.floor(today) - back, { total: 80_000, bad: 8 });
    book.addOwn(now, good(60));
    const days = book.days(now);
    expect(days).toHaveLength(keptDays);
    expect(days.at(-1)).toEqual({ day: Math.floor(today), count: { total: 80_000, bad: 8 } });
    expect(sumOfDays(book.days(now), 30, now)).toEqual({ total: 30 * 80_000, bad: 30 * 8 });
  });

  it("loses no day when the clock runs 10 years ahead for a minute and comes back", () => {
    const book = new ObjectiveBook();
    for (let minute = now - 600; minute <= now; minute++) book.addOwn(minute, good(60));
    book.days(now);
    const ahead = now + 10 * 365 * day;
    book.addOwn(ahead, { total: 60, bad: 60 });
    expect(sumOfDays(book.days(ahead), 30, ahead)).toEqual({ total: 60, bad: 60 });
    expect(sumOfDays(book.days(now), 30, now)).toEqual(good(601 * 60));
    expect(book.between(now - 5, now).bad).toBe(0);
  });

  it("adds up what comes after the clock was set back into a minute that it has counted already", () => {
    const book = new ObjectiveBook();
    book.addOwn(now, good(60));
    book.addOwn(now - 60, good(60));
    book.addOwn(now - 60, { total: 60, bad: 6 });
    expect(book.at(now - 60)).toEqual({ total: 120, bad: 6 });
  });
});
