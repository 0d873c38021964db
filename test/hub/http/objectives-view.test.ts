import { expect, it } from "vitest";
import { ObjectiveBook } from "../../../hub/core/objectives/book.ts";
import { minuteOf } from "../../../hub/core/objectives/minute-ring.ts";
import { viewOf } from "../../../hub/http/objectives-view.ts";

const nowMs = Date.UTC(2026, 2, 1, 12);
const now = minuteOf(nowMs);
const promise = { name: "pair", target: 0.999, windowDays: 30 };

it("tells a burn rate only of windows that hold a tenth of their probes: after 36 minutes not of 1 and 3 days", () => {
  const book = new ObjectiveBook();
  for (let minute = now - 35; minute <= now; minute++) book.addOwn(minute, { total: 60, bad: 3 });
  const { burnRates } = viewOf(promise, book, nowMs);
  const told = burnRates.map(({ window, rate }) => `${window} ${rate}`);
  expect(told).toEqual(["5m 50", "30m 50", "1h 50", "2h 50", "6h 50", "1d null", "3d null"]);
});

it("tells none in the first seconds after a start, whatever failed: 20 probes of 5 minutes decide nothing", () => {
  const book = new ObjectiveBook();
  book.addOwn(now, { total: 20, bad: 10 });
  const { burnRates, burning } = viewOf(promise, book, nowMs);
  expect(burnRates.filter(({ rate }) => rate !== null)).toEqual([]);
  expect(burning).toBe("no");
});
