import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { tokenIn } from "../../../hub/access/credential.ts";
import { Gate } from "../../../hub/access/gate.ts";

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

it.each([
  ["Bearer one two", "one two"],
  ["bearer one", "one"],
  [basic("anybody:one:two"), "one:two"],
  [basic("anybody:"), undefined],
  [basic("one"), undefined],
  ["Digest one", undefined],
  ["Bearer ", undefined],
  ["one", undefined],
  [`Bearer ${"x".repeat(1_000)}`, undefined],
  [undefined, undefined],
])("the token in %s is %s", (header, token) => {
  expect(tokenIn(header)).toBe(token);
});

/** As far as a gate looks at it. */
const request = (authorization: string | undefined, remoteAddress = "192.0.2.7") =>
  ({ socket: { remoteAddress }, headers: { authorization } }) as unknown as IncomingMessage;

function gate() {
  const clock = { nowMs: 1_000_000 };
  const denied: number[] = [];
  const asked = new Gate({
    holderOf: (token) => (token === "right" ? "ann" : undefined),
    what: "a push",
    nowMs: () => clock.nowMs,
    onDenied: (status) => void denied.push(status),
  });
  const ask = (token: string | undefined, address?: string) => asked.ask(request(token && `Bearer ${token}`, address));
  return { ask, clock, denied };
}

it("who shows a right token is known, who shows none or a wrong one is told how", () => {
  const { ask, denied } = gate();
  expect(ask("right")).toEqual({ holder: "ann" });
  expect(ask(undefined)).toMatchObject({ denial: { status: 401, headers: { "www-authenticate": expect.anything() } } });
  expect(ask("wrong")).toMatchObject({ denial: { status: 401, error: "this token is nobody's" } });
  expect(denied).toEqual([401, 401]);
});

it("after 5 wrong tokens of an address others of it wait for a minute, while a right one of it is taken", () => {
  const { ask, clock } = gate();
  for (let i = 0; i < 5; i++) expect(ask(`wrong ${i}`)).toMatchObject({ denial: { status: 401 } });
  expect(ask("wrong")).toMatchObject({ denial: { status: 429, headers: { "retry-after": "60" } } });
  expect(ask("right")).toEqual({ holder: "ann" });
  expect(ask("wrong", "192.0.2.8")).toMatchObject({ denial: { status: 401 } });
  clock.nowMs += 60_000;
  expect(ask("wrong")).toMatchObject({ denial: { status: 401 } });
});
