import { describe, expect, it } from "vitest";
import { ObjectiveBook } from "../../../../hub/core/objectives/book.ts";
import { budgetLeft, burningBy, ratesOf } from "../../../../hub/core/objectives/burn.ts";

const now = 20_000 * 1_440;
const target = 0.999;

/** A book of minutes of 60 probes each: from so many minutes ago on, with so many bad ones. */
function bookOf(...stretches: [fromAgo: number, bad: number][]) {
  const book = new ObjectiveBook();
  for (const [i, [fromAgo, bad]] of stretches.entries()) {
    const toAgo = stretches[i + 1]?.[0] ?? 0;
    for (let ago = fromAgo; ago > toAgo; ago--) book.addOwn(now - ago + 1, { total: 60, bad });
  }
  return book;
}
const rates = (book: ObjectiveBook) => ratesOf({ target }, (from, to) => book.between(from, to), now);
const rate = (book: ObjectiveBook, window: string) => rates(book).find((each) => each.window === window)?.rate;

describe("the burn rate", () => {
  it("is 1 where one of 1,000 probes fails at a target of 99.9 %", () => {
    const book = new ObjectiveBook();
    for (let ago = 0; ago < 100; ago++) book.addOwn(now - ago, { total: 60, bad: ago % 50 === 0 ? 3 : 0 });
    expect(rate(book, "1d")).toBeCloseTo(1);
    expect(rate(new ObjectiveBook(), "5m")).toBeNull();
  });

  it("is urgent after a minute in which nothing was served in an otherwise good week, and no more 5 minutes later", () => {
    expect(burningBy(rates(bookOf([4_320, 0], [1, 60])))).toBe("urgent");
    expect(rate(bookOf([4_320, 0], [1, 60]), "1h")).toBeCloseTo(1_000 / 60);
    expect(burningBy(rates(bookOf([4_320, 0], [6, 60], [5, 0])))).not.toBe("urgent");
  });

  it("is urgent at 6 times for 6 hours although an hour of it is not 14.4 times, and ends with the 30 min behind it", () => {
    const book = new ObjectiveBook();
    // 4 of 600 probes: 6.7 times.
    for (let ago = 360; ago > 0; ago--) book.addOwn(now - ago + 1, { total: 60, bad: ago % 10 < 4 ? 1 : 0 });
    expect(rate(book, "1h")).toBeLessThan(14.4);
    expect(burningBy(rates(book))).toBe("urgent");
    for (let ahead = 1; ahead <= 31; ahead++) book.addOwn(now + ahead, { total: 60, bad: 0 });
    const later = ratesOf({ target }, (from, to) => book.between(from, to), now + 31);
    expect(burningBy(later)).not.toBe("urgent");
  });

  it("is a warning at 1.2 times over three days, and none at 0.9 times", () => {
    const spread = (every: number) => {
      const book = new ObjectiveBook();
      for (let ago = 4_320; ago > 0; ago--) book.addOwn(now - ago + 1, { total: 60, bad: ago % every === 0 ? 1 : 0 });
      return book;
    };
    expect(burningBy(rates(spread(14)))).toBe("warning");
    expect(burningBy(rates(spread(18)))).toBe("no");
  });

  it("decides nothing of fewer probes than a tenth of the window: 20 bad ones of 20 are no alert, 360 are", () => {
    const first = new ObjectiveBook();
    first.addOwn(now, { total: 20, bad: 20 });
    expect(burningBy(rates(first))).toBe("no");
    expect(burningBy(rates(bookOf([6, 60])))).toBe("urgent");
  });
});

it("half the budget of 99.9 % is left after 5 bad ones of 10,000, none after 10, and all before the first probe", () => {
  expect(budgetLeft({ target }, { total: 10_000, bad: 5 })).toBeCloseTo(0.5);
  expect(budgetLeft({ target }, { total: 10_000, bad: 10 })).toBeCloseTo(0);
  expect(budgetLeft({ target }, { total: 10_000, bad: 20 })).toBeCloseTo(-1);
  expect(budgetLeft({ target }, { total: 0, bad: 0 })).toBe(1);
});
