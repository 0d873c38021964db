import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { RouterLimits } from "../../../hub/core/router/limits.ts";
import { until } from "../../support/until.ts";
import { dial, httpTarget, startRouter, tcpTarget } from "./fixture.ts";

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

describe("an upload that was answered before it had come whole", () => {
  async function halfway(method: string, limits: Partial<RouterLimits> = {}) {
    const side = await startRouter(limits);
    const upload = { bytes: 0, incoming: undefined as IncomingMessage | undefined };
    const target = await httpTarget((incoming, response) => {
      upload.incoming = incoming.on("data", (chunk: Buffer) => (upload.bytes += chunk.length)).on("error", () => {});
      response.writeHead(202).end("taken");
    });
    await side.open(target);
    const client = await dial(side.port);
    const rest = Buffer.alloc(8 * 1024 * 1024);
    client.write(`${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: ${5 + rest.length}\r\n\r\nfirst`);
    let heard = "";
    client.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk));
    await until("the answer", () => heard.endsWith("taken\r\n0\r\n\r\n"));
    return { side, client, rest, upload };
  }

  it.each(["POST", "PUT"])("goes on to the target, 8 MiB of a %s", async (method) => {
    const { client, rest, upload, side } = await halfway(method);
    client.write(rest);
    await until("the whole upload", () => upload.incoming?.complete);
    expect(upload.bytes).toBe(5 + rest.length);
    // The connection is good for another request.
    client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await once(client, "end");
    await side.hold();
    expect((await side.client.routes())[0]?.draining).toBe(0);
  });

  it("still uses its target, and ends there when the client leaves", async () => {
    const { client, upload, side } = await halfway("POST");
    await side.hold();
    expect((await side.client.routes())[0]?.draining).toBe(1);
    client.destroy();
    await until("the end of the upload", () => upload.incoming?.socket.destroyed);
    expect(upload.incoming?.complete).toBe(false);
    await until("the end of the drain", async () => (await side.client.routes())[0]?.draining === 0);
  });

  it("is cut with its target's drain", async () => {
    const { upload, side } = await halfway("PUT", { drainMs: 50 });
    await side.hold();
    await until("the end of the upload", () => upload.incoming?.socket.destroyed);
    expect(upload.incoming?.complete).toBe(false);
  });
});
