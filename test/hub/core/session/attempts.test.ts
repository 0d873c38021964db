import { expect, it } from "vitest";
import { Attempts } from "../../../../hub/core/session/attempts.ts";

it("after 5 wrong codes an address waits for the minute to end, and another one does not", () => {
  const attempts = new Attempts();
  for (let i = 0; i < 5; i++) {
    expect(attempts.waitMs("192.0.2.7", 1_000 + i)).toBeUndefined();
    attempts.wrong("192.0.2.7", 1_000 + i);
  }
  expect(attempts.waitMs("192.0.2.7", 2_000)).toBe(59_000);
  expect(attempts.waitMs("192.0.2.8", 2_000)).toBeUndefined();
  expect(attempts.waitMs("192.0.2.7", 61_000)).toBeUndefined();
});

it("1,000 addresses that guess keep nobody else out, and the oldest of more is forgotten, also when the clock went back", () => {
  const attempts = new Attempts();
  for (let i = 0; i < 5; i++) attempts.wrong("192.0.2.7", 100_000);
  for (let i = 0; i < 1_000; i++) attempts.wrong(`2001:db8::${i.toString(16)}`, 100_000);
  expect(attempts.waitMs("198.51.100.1", 100_000)).toBeUndefined();
  expect(attempts.waitMs("192.0.2.7", 100_000)).toBeUndefined();
  for (let i = 0; i < 5; i++) attempts.wrong("192.0.2.7", 100_000);
  expect(attempts.waitMs("192.0.2.7", 100_000)).toBe(60_000);
  expect(attempts.waitMs("192.0.2.7", 20_000)).toBeUndefined();
});
