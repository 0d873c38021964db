import { expect, it } from "vitest";
import { ScrapeBook } from "../../../hub/core/scrape-book.ts";

it("a book of scrapes tells turns, keeps the last outcome, and never counts failures back", () => {
  const book = new ScrapeBook();
  expect(book.status("pc2/Tutor")).toBeUndefined();
  expect(book.observed("pc2/Tutor", { ok: false, reason: "refused" }, 10, 2)).toBe(true);
  expect(book.observed("pc2/Tutor", { ok: false, reason: "an HTML page" }, 20, 3)).toBe(false);
  expect(book.status("pc2/Tutor")).toEqual({ ok: false, samples: 0, reason: "an HTML page", atMs: 20, tookMs: 3 });
  expect(book.observed("pc2/Tutor", { ok: true, samples: 7 }, 30, 1)).toBe(true);
  expect(book.status("pc2/Tutor")).toEqual({ ok: true, samples: 7, reason: "", atMs: 30, tookMs: 1 });
  expect(book.failures("pc2/Tutor")).toBe(2);
  book.forget("pc2/Tutor");
  expect(book.status("pc2/Tutor")).toBeUndefined();
  book.observed("pc2/Tutor", { ok: false, reason: "refused" }, 40, 1);
  expect(book.failures("pc2/Tutor")).toBe(3);
});
