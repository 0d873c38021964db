import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ObjectiveBook } from "../../../hub/core/objectives/book.ts";
import { createLog } from "../../../hub/io/log.ts";
import { ObjectiveFiles } from "../../../hub/io/objective-files.ts";

const atMs = Date.parse("2026-03-10T12:30:00Z");
const now = atMs / 60_000;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tandem-objectives-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () =>
  new ObjectiveFiles(
    directory,
    createLog("test", () => {}),
  );
async function read() {
  const book = new ObjectiveBook();
  await open().read(new Map([["pair", book]]), atMs);
  return book;
}
const days = "days";

it("gives back minutes and days; two lines of one minute add up, and those of other objectives, of long ago and of tomorrow are left out", async () => {
  const files = open();
  await files.add([{ minute: now - 1, counts: { pair: [40, 1], Gone: [60, 0] } }], atMs);
  await files.add([{ minute: now - 1, counts: { pair: [20, 2] } }], atMs);
  await files.add([{ minute: now + 1, counts: { pair: [60, 0] } }], atMs);
  await files.add([{ minute: now - 6_000, counts: { pair: [60, 0] } }], atMs);
  const book = new ObjectiveBook();
  book.noteDay(20_500, { total: 86_000, bad: 3 });
  await files.keepDays(new Map([["pair", book]]), atMs);
  const back = await read();
  expect(back.between(now - 5_000, now + 5)).toEqual({ total: 60, bad: 3 });
  expect(back.days(now)).toEqual([
    { day: 20_500, count: { total: 86_000, bad: 3 } },
    { day: Math.floor(now / 1_440), count: { total: 60, bad: 3 } },
  ]);
});

it("loses the one day whose line is damaged, and starts with files that hold something else", async () => {
  const book = new ObjectiveBook();
  for (const day of [20_500, 20_501, 20_502]) book.noteDay(day, { total: 86_000, bad: day - 20_500 });
  await open().keepDays(new Map([["pair", book]]), atMs);
  const path = join(directory, days);
  writeFileSync(path, readFileSync(path, "utf8").replace('"day":20501', '"day":20401'));
  expect((await read()).days(now).map(({ day }) => day)).toEqual([20_500, 20_502]);
  writeFileSync(path, '{"days": "none"}');
  expect((await read()).days(now)).toEqual([]);
});

it("writes over no days that could not be read at the start: they are read when they can be", async () => {
  const known = new ObjectiveBook();
  for (const day of [20_500, 20_501]) known.noteDay(day, { total: 86_000, bad: 1 });
  await open().keepDays(new Map([["pair", known]]), atMs);
  const path = join(directory, days);
  renameSync(path, `${path}.away`);
  // Of another kind, so that it cannot be read, as on a disk that fails.
  mkdirSync(path);
  const files = open();
  const book = new ObjectiveBook();
  const books = new Map([["pair", book]]);
  await files.read(books, atMs);
  book.noteDay(20_502, { total: 40_000, bad: 2 });
  await files.keepDays(books, atMs);
  expect(book.days(now).map(({ day }) => day)).toEqual([20_502]);
  rmdirSync(path);
  renameSync(`${path}.away`, path);
  await files.keepDays(books, atMs);
  for (const each of [book, await read()])
    expect(each.days(now).map(({ day }) => day)).toEqual([20_500, 20_501, 20_502]);
});

it("keeps the days also when they are written while the clock stands at 1970", async () => {
  const book = new ObjectiveBook();
  book.noteDay(20_500, { total: 86_400, bad: 5 });
  await open().keepDays(new Map([["pair", book]]), 3_600_000);
  expect((await read()).days(now)).toEqual([{ day: 20_500, count: { total: 86_400, bad: 5 } }]);
});
