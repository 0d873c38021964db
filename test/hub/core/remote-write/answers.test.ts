import fc from "fast-check";
import { expect, it } from "vitest";
import { meaningOf, retryAfterMs, waitMs } from "../../../../hub/core/remote-write/answers.ts";

it("a request is refused for what is in it, and tried again for whatever else is wrong", () => {
  const meant = (...statuses: number[]) => [...new Set(statuses.map(meaningOf))];
  expect(meant(200, 202, 204)).toEqual(["taken"]);
  expect(meant(400, 409, 413, 422)).toEqual(["refused"]);
  // Somebody has the password wrong, or the address: the past is still wanted.
  expect(meant(401, 403, 404, 407)).toEqual(["later"]);
  // A proxy or an older store does not take the protocol, the encoding, the host or the headers.
  expect(meant(405, 406, 410, 411, 412, 415, 417, 421, 426, 431, 451)).toEqual(["later"]);
  expect(meant(301, 408, 429, 500, 501, 502, 503, 504)).toEqual(["later"]);
});

it("waits 0.25 to 0.5 s after the first failure, twice as long after each further one, 30 s at most, and as long as the store asks for", () => {
  expect([waitMs(1, 0, 0), waitMs(1, 0, 1), waitMs(2, 0, 1), waitMs(7, 0, 1), waitMs(1_000, 0, 1)]).toEqual([
    250, 500, 1_000, 30_000, 30_000,
  ]);
  expect([waitMs(1, 7_000, 0), waitMs(9, 7_000, 1), waitMs(1, 86_400_000, 0)]).toEqual([7_000, 30_000, 600_000]);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (failures, askedMs, chance) => {
      const ms = waitMs(failures, askedMs, chance);
      expect(ms).toBeGreaterThanOrEqual(250);
      expect(ms).toBeLessThanOrEqual(600_000);
    }),
  );
});

it("reads a Retry-After of seconds or a date", () => {
  expect(retryAfterMs("120", 0)).toBe(120_000);
  expect(retryAfterMs("Thu, 01 Jan 1970 00:01:00 GMT", 10_000)).toBe(50_000);
  expect(retryAfterMs("Thu, 01 Jan 1970 00:00:01 GMT", 10_000)).toBe(0);
  expect([retryAfterMs(undefined, 0), retryAfterMs("soon", 0)]).toEqual([0, 0]);
});
