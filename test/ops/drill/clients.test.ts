import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { DrillClient } from "../../../ops/drill/clients.ts";
import { until } from "../../support/until.ts";

it("each push says that its group goes after 600 s, so that a drill that dies leaves none for ever", async () => {
  const seen: IncomingMessage[] = [];
  const hub = createServer((request, response) => {
    seen.push(request);
    response.end();
  });
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
  const { port } = hub.address() as AddressInfo; // it listens on TCP
  const client = new DrillClient("drill-x", [`http://127.0.0.1:${port}`]);
  await until("two pushes", () => seen.length > 1);
  await client.stop();
  hub.close();
  const pushes = seen.filter(({ method }) => method === "PUT");
  expect(new Set(pushes.map(({ headers }) => headers["tandem-expires-after"]))).toEqual(new Set(["600"]));
});
