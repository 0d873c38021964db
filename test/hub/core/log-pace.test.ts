import { expect, test } from "vitest";
import { LogPace } from "../../../hub/core/log-pace.ts";

const written = (pace: LogPace, event: string, times: number, atMs: number) =>
  Array.from({ length: times }, () => pace.take(event, atMs)).filter(({ isWritten }) => isWritten).length;

test("1,000 lines of an event are written at once, then 20 a second, and the next one says how many were not", () => {
  const pace = new LogPace();
  expect(written(pace, "health.turned", 1_500, 0)).toBe(1_000);
  expect(written(pace, "service.moved", 1, 0)).toBe(1);
  expect(pace.take("health.turned", 50)).toEqual({ isWritten: true, suppressed: 500 });
  expect(pace.take("health.turned", 50)).toEqual({ isWritten: false, suppressed: 1 });
  expect(written(pace, "health.turned", 1_500, 1_050)).toBe(20);
});

test("events that were never seen cost no more memory than 1,000", () => {
  const pace = new LogPace();
  expect(written(pace, "first", 1_000, 0)).toBe(1_000);
  expect(written(pace, "first", 1, 0)).toBe(0);
  for (let i = 0; i < 1_000; i++) pace.take(`event ${i}`, 0);
  expect(written(pace, "first", 1, 0)).toBe(1);
});
