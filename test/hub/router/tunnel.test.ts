import { expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { dial, readAll, startRouter, tcpTarget } from "./fixture.ts";

it("a reader that rests for longer than tcpHalfClosedMs after its target ended still gets all 512 KiB", async () => {
  const side = await startRouter({ tcpHalfClosedMs: 100 }, "tcp");
  await side.open(await tcpTarget((socket) => void socket.end(Buffer.alloc(512 * 1024, "x"))));
  const client = await dial(side.port);
  await until("no connection", async () => (await side.client.routes())[0]?.connections === 0);
  expect((await readAll(client)).length).toBe(512 * 1024);
});
