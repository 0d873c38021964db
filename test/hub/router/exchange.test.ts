import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { RouterLimits } from "../../../hub/core/router/limits.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { until } from "../../support/until.ts";
import { dial, httpTarget, startRouter, tcpTarget } from "./fixture.ts";

/** For how long the router has stood still, ms: its clock has gone on, and its timers are late. */
const stood = vi.hoisted(() => ({ ms: 0 }));
vi.mock("../../../hub/io/mono-clock.ts", async (original) => {
  const real = await original<{ monoMs(): number }>();
  return { ...real, monoMs: () => real.monoMs() + stood.ms };
});

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

describe("an upload whose router stood still until its target's lease was over", () => {
  it.each([
    ["the rest of its body", "Content-Length: 10\r\n\r\nfirst", "later"],
    ["the next of its chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", "5\r\nlater\r\n0\r\n\r\n"],
    ["the end of its chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", "0\r\n\r\n"],
  ])("is broken off before %s reaches the old one, and answered with 502", async (_, begun, rest) => {
    const side = await startRouter({ breakerFailures: 1 });
    let taken = "";
    const upload = { incoming: undefined as IncomingMessage | undefined };
    const target = await httpTarget((incoming) => {
      upload.incoming = incoming.on("data", (chunk: Buffer) => (taken += chunk)).on("error", () => {});
    });
    await side.open(target, monoMs() + 60_000);
    const client = await dial(side.port);
    let heard = "";
    client.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk));
    client.write(`POST / HTTP/1.1\r\nHost: x\r\n${begun}`);
    await until("what comes first", () => taken === "first");
    stood.ms = 120_000;
    onTestFinished(() => {
      stood.ms = 0;
    });
    client.write(rest);
    await until("the end of the upload", () => upload.incoming?.socket.destroyed);
    expect([taken, upload.incoming?.complete]).toEqual(["first", false]);
    await until("an answer", () => heard.startsWith("HTTP/1.1 502 "));
    // The target has failed at nothing.
    expect((await side.client.routes())[0]).toMatchObject({ broken: false, to: null, held: "expired" });
  });
});
