import { expect, it } from "vitest";
import { ObjectiveBook } from "../../../../hub/core/objectives/book.ts";
import { CountsMessage, takeCounts, tellCounts } from "../../../../hub/core/objectives/exchange.ts";

const now = 20_000 * 1_440 + 900;
const booksOf = () => new Map([["pair", new ObjectiveBook()]]);
const bookIn = (books: ReadonlyMap<string, ObjectiveBook>) => books.get("pair") ?? expect.unreachable();

/** As it goes over the wire. */
const wire = (message: CountsMessage) => CountsMessage.parse(JSON.parse(JSON.stringify(message)));

it("two hubs of which one was away for 10 minutes come to the same counts, however often they tell each other", () => {
  const [a, b] = [booksOf(), booksOf()];
  for (let ago = 100; ago >= 0; ago--) {
    if (ago < 40 || ago >= 50) bookIn(a).addOwn(now - ago, { total: 60, bad: 0 });
    bookIn(b).addOwn(now - ago, { total: 60, bad: ago === 45 ? 60 : 0 });
  }
  for (let round = 0; round < 5; round++) {
    takeCounts(a, wire(tellCounts(b, "pc2", 0, now)), now);
    takeCounts(b, wire(tellCounts(a, "mainpc", now - 200, now)), now);
  }
  const sums = [a, b].map((books) => bookIn(books).between(now - 101, now));
  expect(sums[0]).toEqual({ total: 101 * 60, bad: 60 });
  expect(sums[1]).toEqual(sums[0]);
  expect(bookIn(a).days(now)).toEqual(bookIn(b).days(now));
});

it("a hub that lost its disk has the days back from its peer, and tells none to one that asks each minute", () => {
  const [lost, kept] = [booksOf(), booksOf()];
  bookIn(kept).noteDay(19_990, { total: 86_000, bad: 90 });
  takeCounts(lost, wire(tellCounts(kept, "pc2", now - 2, now)), now);
  expect(bookIn(lost).days(now)).toEqual([]);
  takeCounts(lost, wire(tellCounts(kept, "pc2", 0, now)), now);
  expect(bookIn(lost).days(now)).toEqual([{ day: 19_990, count: { total: 86_000, bad: 90 } }]);
});

it("counts that are yet to come, older than what is kept, or of an objective that is not known here, are left out", () => {
  const books = booksOf();
  const more = { totals: [60, 60, 60], bads: [61], days: [] };
  takeCounts(books, { v: 1, machine: "pc2", from: now - 1, objectives: { pair: more, other: more } }, now);
  expect([now - 1, now, now + 1].map((minute) => bookIn(books).at(minute).total)).toEqual([60, 60, 0]);
  expect(bookIn(books).at(now - 1).bad).toBe(60);
  takeCounts(books, { v: 1, machine: "pc2", from: 5, objectives: { pair: more } }, now);
  expect(bookIn(books).at(5).total).toBe(0);
});

it("minutes of four days of 16 objectives take less than 0.5 MB, and the last two of them less than 1 KB", () => {
  const books = new Map(Array.from({ length: 16 }, (_, i) => [`Service${i}`, new ObjectiveBook()]));
  for (const book of books.values())
    for (let ago = 0; ago < 5_760; ago++) book.addOwn(now - ago, { total: 60, bad: ago % 100 === 0 ? 1 : 0 });
  expect(JSON.stringify(tellCounts(books, "pc2", 0, now)).length).toBeLessThan(500_000);
  expect(JSON.stringify(tellCounts(books, "pc2", now - 1, now)).length).toBeLessThan(1_024);
});

it("720 minutes of 200 objectives take less than 1.5 MB, and what is asked for in stretches is what is told at once", () => {
  const books = new Map(Array.from({ length: 200 }, (_, i) => [`Service${i}`, new ObjectiveBook()]));
  for (const book of books.values()) for (let ago = 0; ago < 720; ago++) book.addOwn(now - ago, { total: 60, bad: 60 });
  expect(JSON.stringify(tellCounts(books, "pc2", now - 719, now, 720)).length).toBeLessThan(1_500_000);
  const [kept, lost] = [booksOf(), booksOf()];
  for (let ago = 0; ago < 5_760; ago++) bookIn(kept).addOwn(now - ago, { total: 60, bad: ago % 7 });
  for (let from = now - 5_760; from <= now; from += 720) takeCounts(lost, tellCounts(kept, "pc2", from, now, 720), now);
  expect(bookIn(lost).between(now - 5_760, now)).toEqual(bookIn(kept).between(now - 5_760, now));
});
