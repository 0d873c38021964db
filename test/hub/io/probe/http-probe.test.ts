import type { ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { Reply } from "zeromq";
import { HttpProbe } from "../../../../hub/io/probe/http-probe.ts";
import { until } from "../../../support/until.ts";
import { freePort, httpServer, sleep, tcpServer } from "./servers.ts";

function probe(port: number, { deadlineMs = 5_000, onIdleClose = () => {} } = {}): HttpProbe {
  const config = { kind: "http" as const, host: "127.0.0.1", port, path: "/health" };
  const made = new HttpProbe(config, { deadlineMs, clock: () => performance.now(), onIdleClose });
  onTestFinished(() => made.close());
  return made;
}

async function answerTo(status: number, body: string) {
  const server = await httpServer((_, response) => response.writeHead(status).end(body));
  return probe(server.port).ask();
}

describe("an HTTP probe", () => {
  it.each([
    [200, '{"status":"ok"}', "healthy", ""],
    [200, '{"status":"degraded","message":"queue is long"}', "degraded", "queue is long"],
    [200, '{"status":"error","message":"no gpu"}', "unhealthy", "no gpu"],
    [503, '{"status":"degraded","message":"warming up"}', "degraded", "warming up"],
    [204, "", "healthy", ""],
    [500, "<html>Internal Server Error</html>", "unhealthy", "GET /health answered HTTP 500"],
    [404, "", "unhealthy", "GET /health answered HTTP 404"],
  ])("lets the body decide: HTTP %i with %j is %s and %s", async (status, body, health, message) => {
    expect(await answerTo(status, body)).toMatchObject({ type: "answered", health, message });
  });

  it("calls a page of HTML with code 200 malformed: no agent's health can be read in it", async () => {
    expect(await answerTo(200, "<html>It works!</html>")).toEqual({
      type: "malformed",
      reason: "GET /health: it answered with a page of HTML: <html>It works!</html>",
    });
  });

  it("reads 64 KiB of a body and no more", async () => {
    expect(await answerTo(200, " ".repeat(65_536))).toMatchObject({ health: "healthy" });
    expect(await answerTo(200, " ".repeat(65_537))).toEqual({
      type: "malformed",
      reason: "GET /health answered with more than 65536 bytes",
    });
  });

  it("asks 50 times over one connection", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const asking = probe(server.port);
    for (let round = 0; round < 50; round += 1) expect(await asking.ask()).toMatchObject({ health: "healthy" });
    expect(server.connections).toBe(1);
  });

  it("says at once that the kept connection was reset, and then that the port refuses", async () => {
    let closed = 0;
    const server = await httpServer((_, response) => response.end("ok"));
    const asking = probe(server.port, { onIdleClose: () => (closed += 1) });
    await asking.ask();
    await server.kill();
    await until("the closed connection to be told", () => closed === 1);
    expect(await asking.ask()).toEqual({ type: "refused", reason: `127.0.0.1:${server.port} refused the connection` });
  });

  it("makes nothing of a server that closes after each answer by its own word", async () => {
    let closed = 0;
    const server = await httpServer((_, response) => response.writeHead(200, { connection: "close" }).end("ok"));
    const asking = probe(server.port, { onIdleClose: () => (closed += 1) });
    await asking.ask();
    await until("the last connection to end", () => server.sockets.size === 0);
    await sleep(20);
    expect(await asking.ask()).toMatchObject({ health: "healthy" });
    expect(closed).toBe(0);
  });

  it("tells silence before the answer, and in its middle, from a dead agent", async () => {
    const mute = await httpServer(() => {});
    expect(await probe(mute.port, { deadlineMs: 100 }).ask()).toEqual({
      type: "timeout",
      reason: `GET http://127.0.0.1:${mute.port}/health had no answer within 100 ms`,
    });
    const halting = await httpServer((_, response: ServerResponse) => void response.writeHead(200).write('{"status":'));
    expect(await probe(halting.port, { deadlineMs: 100 }).ask()).toMatchObject({ type: "timeout" });
  });

  it("gets a refusal where nobody listens, and from who hangs up", async () => {
    expect(await probe(await freePort()).ask()).toMatchObject({ type: "refused" });
    const server = await httpServer((request) => request.socket.resetAndDestroy());
    expect(await probe(server.port).ask()).toMatchObject({ type: "refused" });
  });

  it("tells a real ZeroMQ socket, and any other protocol, from a dead agent", async () => {
    const socket = new Reply();
    onTestFinished(() => socket.close());
    await socket.bind("tcp://127.0.0.1:*");
    const port = Number(socket.lastEndpoint?.split(":").at(-1));
    expect(await probe(port).ask()).toEqual({
      type: "wrong-protocol",
      reason: `127.0.0.1:${port}: a ZeroMQ socket answers where HTTP is expected`,
    });
    const mail = await tcpServer((tcp) => tcp.write("220 mail.example ESMTP\r\n"));
    expect(await probe(mail.port).ask()).toEqual({
      type: "wrong-protocol",
      reason: `127.0.0.1:${mail.port}: what answers is not HTTP where HTTP is expected`,
    });
  });
});
