import { expect, it } from "vitest";
import { TcpProbe } from "../../../../hub/io/probe/tcp-probe.ts";
import { until } from "../../../support/until.ts";
import { freePort, tcpServer } from "./servers.ts";

const probe = (host: string, port: number, deadlineMs = 5_000) =>
  new TcpProbe({ kind: "tcp", host, port }, { deadlineMs, clock: () => performance.now(), onIdleClose: () => {} });

it("whoever accepts a TCP connection is healthy, and the probe does not stay", async () => {
  const server = await tcpServer((socket) => socket.resume());
  const asking = probe("127.0.0.1", server.port);
  expect(await asking.ask()).toMatchObject({ type: "answered", health: "healthy" });
  expect(await asking.ask()).toMatchObject({ type: "answered", health: "healthy" });
  await until("both connections to end", () => server.connections === 2 && server.sockets.size === 0);
});

it("a port where nobody listens is refused", async () => {
  expect(await probe("127.0.0.1", await freePort()).ask()).toMatchObject({ type: "refused" });
});

it("a name that no resolver knows is silence with a reason, not a refusal", async () => {
  const answer = await probe("no-such-machine.invalid", 8140).ask();
  expect(answer).toMatchObject({ type: "timeout" });
  expect(answer).toHaveProperty("reason", expect.stringContaining("no-such-machine.invalid:8140 cannot be reached"));
});
