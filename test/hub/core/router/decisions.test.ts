import { expect, it } from "vitest";
import { closeInMs } from "../../../../hub/core/router/drain.ts";
import { kindOf } from "../../../../hub/core/router/first-bytes.ts";
import { RouterLimits } from "../../../../hub/core/router/limits.ts";
import { mayRetry } from "../../../../hub/core/router/retry.ts";

const limits = RouterLimits.parse({ tcpDrainMs: 1_000, tcpQuietMs: 50 });

it("a connection of a replaced target is closed 50 ms after the target spoke, and after 1,000 ms while it owes an answer", () => {
  const inMs = (lastSpoke: "client" | "target" | null, quietMs: number, drainingMs: number) =>
    closeInMs({ lastSpoke, quietMs, drainingMs }, limits);
  expect([inMs("target", 10, 0), inMs("target", 50, 0), inMs(null, 70, 0)]).toEqual([40, 0, 0]);
  expect([inMs("client", 5_000, 0), inMs("client", 10, 999), inMs("client", 0, 1_000)]).toEqual([1_000, 1, 0]);
  // A target that never stops talking is left at the end all the same.
  expect(inMs("target", 0, 1_000)).toBe(0);
});

it("a request line is known by its method and the blank behind it, and a beginning of one is waited for", () => {
  const kind = (text: string) => kindOf(Buffer.from(text, "latin1"));
  expect(["GET /", "OPTIONS *", "PATCH "].map(kind)).toEqual(["http", "http", "http"]);
  expect(["", "G", "PATC", "DELETE"].map(kind)).toEqual(["more", "more", "more", "more"]);
  expect(["\xff", "GETX", "get /", "PRI * HTTP/2.0", "CONNECT a:1", "\x16\x03"].map(kind)).toEqual(
    Array(6).fill("tcp"),
  );
});

it("a request is sent twice at most, only if it does no more then, and only while its body is there", () => {
  const attempt = { method: "GET", bodyTaken: false, sent: 1 };
  expect(mayRetry(attempt)).toBe(true);
  expect(
    [{ method: "POST" }, { bodyTaken: true }, { sent: 2 }].map((more) => mayRetry({ ...attempt, ...more })),
  ).toEqual([false, false, false]);
});
