import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { RouterLimits } from "../../../hub/core/router/limits.ts";
import { until } from "../../support/until.ts";
import { dial, startRouter, tcpTarget } from "./fixture.ts";

/** The first half of an answer that ends with its connection, on its way to a client. */
async function halfAnswered(limits: Partial<RouterLimits> = {}) {
  const side = await startRouter(limits);
  const sockets: Socket[] = [];
  const target = await tcpTarget((socket) => {
    sockets.push(socket);
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\nhalf"));
  });
  await side.open(target);
  const client = await dial(side.port);
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  let heard = "";
  client.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk));
  await until("half of it", () => heard.endsWith("\r\n4\r\nhalf\r\n"));
  const ended = async () => {
    await until("the end of the connection", () => client.readableEnded || client.destroyed);
    return heard;
  };
  return { side, sockets, ended };
}

describe("an answer that ends with its connection, and is not whole, is broken off for the client", () => {
  it("when its target breaks", async () => {
    const { sockets, ended } = await halfAnswered();
    for (const socket of sockets) socket.resetAndDestroy();
    expect(await ended()).toMatch(/half\r\n$/);
  });

  it("when its target was replaced drainMs ago", async () => {
    const { side, ended } = await halfAnswered({ drainMs: 50 });
    await side.hold();
    expect(await ended()).toMatch(/half\r\n$/);
  });

  it("when its target is silent for httpIdleMs", async () => {
    const { ended } = await halfAnswered({ httpIdleMs: 100 });
    expect(await ended()).toMatch(/half\r\n$/);
  });
});
