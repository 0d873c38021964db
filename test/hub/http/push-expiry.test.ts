import { afterEach, expect, it } from "vitest";
import type { PushApiOptions } from "../../../hub/http/push-api.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

let hub: PushServer;
afterEach(() => hub.close());

/** How long the group of one push is stored to live, ms, or what it was answered. */
async function stored(header: string | undefined, options: Partial<PushApiOptions> = {}) {
  hub = await startPushServer(options);
  const headers: Record<string, string> = header === undefined ? {} : { "Tandem-Expires-After": header };
  const answer = await fetch(`${hub.url}/metrics/job/a`, { method: "POST", body: "x 1\n", headers });
  return answer.ok ? hub.appended.map(({ expiresAfterMs }) => expiresAfterMs) : [answer.status, await answer.text()];
}

it.each([
  [undefined, undefined, undefined],
  [undefined, 60_000, 60_000],
  ["90", undefined, 90_000],
  ["90", 60_000, 90_000],
  ["0.0015", undefined, 2],
  ["0", 60_000, undefined],
  ["3153600000", undefined, 3_153_600_000_000],
])("the header %s with the default of %s ms makes a group live %s ms", async (header, groupExpiryMs, ms) => {
  expect(await stored(header, groupExpiryMs === undefined ? {} : { groupExpiryMs })).toEqual([ms]);
});

it.each(["", "-1", "1h", "1e3", "NaN", "0x10", "90, 90", "3153600001", "9".repeat(400)])(
  "the header %j is refused with 400 and nothing is stored",
  async (header) => {
    expect(await stored(header)).toEqual([400, expect.stringContaining("Tandem-Expires-After must be seconds")]);
    expect(hub.appended).toEqual([]);
  },
);

it("a record without an expiry has no field for it, so that it takes no room", async () => {
  await stored(undefined);
  expect(Object.keys(hub.appended[0] ?? {})).toEqual(["kind", "op", "group", "body"]);
});
