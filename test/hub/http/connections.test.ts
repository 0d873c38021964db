import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { Connections } from "../../../hub/http/connections.ts";
import { until } from "../../support/until.ts";

/** A server on an address of its own, and who comes from another one, which is so no longer this machine's to it. */
async function serve(apart: string[] = []): Promise<{ connections: Connections; come(from: string): Promise<Socket> }> {
  const connections = new Connections(apart);
  const server = createServer((socket) => {
    socket.on("error", () => {});
    // Loopback counts as this machine whatever its address, so it is told as one of the network.
    const seen = Object.create(socket, {
      remoteAddress: { value: socket.remoteAddress?.replace(/^127\.0/, "192.0") },
    });
    connections.take(seen);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has one
  onTestFinished(() => void server.close());
  const come = async (from: string) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: from });
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  return { connections, come };
}

it.runIf(process.platform === "linux")(
  "an address holds 256 connections, others as many, and a place is free again when one ends",
  async () => {
    const { connections, come } = await serve();
    const held = await Promise.all(Array.from({ length: 256 }, () => come("127.0.2.7")));
    await until("256", () => connections.open === 256);
    const excess = await come("127.0.2.7");
    await once(excess.resume(), "close");
    expect([connections.open, connections.refused]).toEqual([256, 1]);
    await come("127.0.2.8");
    await until("one of another address", () => connections.open === 257);
    held[0]?.destroy();
    await until("a free place", () => connections.open === 256);
    await come("127.0.2.7");
    await until("it to be taken", () => connections.open === 257);
    expect(connections.refused).toBe(1);
  },
);

it.runIf(process.platform === "linux")("the peer's address holds as many as its agents need", async () => {
  const { connections, come } = await serve(["192.0.2.20"]);
  await Promise.all(Array.from({ length: 300 }, () => come("127.0.2.20")));
  await until("all of them", () => connections.open === 300);
  expect(connections.refused).toBe(0);
});
