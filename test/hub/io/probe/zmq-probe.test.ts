import { describe, expect, it, onTestFinished } from "vitest";
import { Publisher, Reply, Router } from "zeromq";
import { ZmqProbe } from "../../../../hub/io/probe/zmq-probe.ts";
import { encodeCommand, encodeGreeting, encodeMessage, encodeReady } from "../../../../hub/io/probe/zmtp.ts";
import { until } from "../../../support/until.ts";
import { freePort, httpServer, tcpServer } from "./servers.ts";

interface Bound {
  close(): void;
  readonly lastEndpoint: string | null;
  bind(address: string): Promise<void>;
}

/** Binds a socket of the real ZeroMQ library; gives its port. */
async function bind(socket: Bound, port: number | "*" = "*"): Promise<number> {
  onTestFinished(() => socket.close());
  await socket.bind(`tcp://127.0.0.1:${port}`);
  return Number(socket.lastEndpoint?.split(":").at(-1));
}

async function answering(answer: (request: string) => string | string[], options = {}): Promise<[Reply, number]> {
  const socket = new Reply(options);
  const port = await bind(socket);
  void (async () => {
    for await (const [request] of socket) await socket.send(answer(String(request)));
  })();
  return [socket, port];
}

function probe(port: number, { deadlineMs = 5_000, onIdleClose = () => {}, request = "health_check" } = {}): ZmqProbe {
  const config = { kind: "zmq" as const, host: "127.0.0.1", port, request };
  const made = new ZmqProbe(config, { deadlineMs, clock: () => performance.now(), onIdleClose });
  onTestFinished(() => made.close());
  return made;
}

describe("a probe of a real ZeroMQ REP socket", () => {
  it("sends the configured request and reads the JSON of the reply", async () => {
    const [, port] = await answering((request) => JSON.stringify({ status: "degraded", message: `asked ${request}` }));
    expect(await probe(port, { request: '{"action": "health_check"}' }).ask()).toMatchObject({
      type: "answered",
      health: "degraded",
      message: 'asked {"action": "health_check"}',
    });
  });

  it("asks 200 times over one connection, also with replies of 2 parts and of 60,000 bytes", async () => {
    let count = 0;
    const [, port] = await answering(() => {
      count += 1;
      return count % 2 === 0 ? ['{"status":', '"ok"}'] : JSON.stringify({ status: "ok", message: "m".repeat(60_000) });
    });
    const asking = probe(port);
    for (let round = 0; round < 200; round += 1) expect(await asking.ask()).toMatchObject({ health: "healthy" });
    expect(count).toBe(200);
  });

  it("answers ZeroMQ's own heartbeats, so that an idle connection lives through 5 of them", async () => {
    let closed = 0;
    const [, port] = await answering(() => "ok", { heartbeatInterval: 40, heartbeatTimeout: 40 });
    const asking = probe(port, { onIdleClose: () => (closed += 1) });
    await asking.ask();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await asking.ask()).toMatchObject({ health: "healthy" });
    expect(closed).toBe(0);
  });

  it("says at once that the kept connection was closed, then refused, and finds the agent again after its restart", async () => {
    let closed = 0;
    const [first, port] = await answering(() => "ok");
    const asking = probe(port, { onIdleClose: () => (closed += 1) });
    await asking.ask();
    first.close();
    await until("the closed connection to be told", () => closed === 1);
    expect(await asking.ask()).toEqual({ type: "refused", reason: `127.0.0.1:${port} refused the connection` });
    const second = new Reply();
    await bind(second, port);
    void second.receive().then(() => second.send("ok"));
    expect(await asking.ask()).toMatchObject({ health: "healthy" });
  });

  it("calls a program that hangs silent, and takes its late reply for no later question", async () => {
    const socket = new Reply();
    const port = await bind(socket);
    const asking = probe(port, { deadlineMs: 150 });
    expect(await asking.ask()).toEqual({
      type: "timeout",
      reason: `127.0.0.1:${port} took the question by ZeroMQ, but gave no answer within 150 ms`,
    });
    await socket.receive();
    await socket.send("error");
    void socket.receive().then(() => socket.send("ok"));
    expect(await asking.ask()).toMatchObject({ health: "healthy" });
  });

  it("takes a ROUTER socket's reply as well", async () => {
    const socket = new Router();
    const port = await bind(socket);
    void socket.receive().then(([identity, empty]) => socket.send([identity ?? "", empty ?? "", "ok"]));
    expect(await probe(port).ask()).toMatchObject({ health: "healthy" });
  });

  it("names a PUB socket and a socket that demands PLAIN as the wrong protocol", async () => {
    const pub = await bind(new Publisher());
    expect(await probe(pub).ask()).toEqual({
      type: "wrong-protocol",
      reason: `127.0.0.1:${pub}: a ZeroMQ PUB socket answers where a REP socket is expected`,
    });
    const plain = await bind(new Reply({ plainServer: true }));
    expect(await probe(plain).ask()).toEqual({
      type: "wrong-protocol",
      reason: `127.0.0.1:${plain}: its ZeroMQ socket demands PLAIN, and this probe speaks only NULL`,
    });
  });
});

describe("a ZeroMQ probe of something else", () => {
  it("tells an HTTP server from a dead agent", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    expect(await probe(server.port).ask()).toEqual({
      type: "wrong-protocol",
      reason: `127.0.0.1:${server.port}: an HTTP server answers where ZeroMQ is expected`,
    });
  });

  it("also one that waits for the end of a line before it complains", async () => {
    const server = await tcpServer((socket) => {
      let seen = "";
      socket.on("data", (chunk) => {
        seen += chunk.toString("latin1");
        if (seen.includes("\r\n")) socket.end("<!DOCTYPE HTML><title>Error 400</title>");
      });
    });
    expect(await probe(server.port, { deadlineMs: 400 }).ask()).toMatchObject({ type: "wrong-protocol" });
  });

  it("shows the first words of any other protocol", async () => {
    const server = await tcpServer((socket) => socket.write("220 mail.example ESMTP\r\n"));
    expect(await probe(server.port).ask()).toEqual({
      type: "wrong-protocol",
      reason: `127.0.0.1:${server.port}: what answers is not ZeroMQ, it says: 220 mail.example ESMTP`,
    });
  });

  it("calls a port that accepts and says nothing silent, not dead", async () => {
    const server = await tcpServer(() => {});
    expect(await probe(server.port, { deadlineMs: 150 }).ask()).toEqual({
      type: "timeout",
      reason: `127.0.0.1:${server.port} accepted the connection, but sent no ZeroMQ greeting within 150 ms`,
    });
  });

  it("gets a refusal where nobody listens, and from who hangs up without a word", async () => {
    expect(await probe(await freePort()).ask()).toMatchObject({ type: "refused" });
    const server = await tcpServer((socket) => socket.end());
    expect(await probe(server.port).ask()).toEqual({
      type: "refused",
      reason: `127.0.0.1:${server.port} closed the connection before it answered`,
    });
  });

  it("guesses at the mechanism when ZeroMQ greets and then hangs up", async () => {
    const server = await tcpServer((socket) => socket.end(encodeGreeting().subarray(0, 11)));
    expect(await probe(server.port).ask()).toEqual({
      type: "wrong-protocol",
      reason: `127.0.0.1:${server.port}: its ZeroMQ socket hung up during the handshake; perhaps it demands PLAIN or CURVE`,
    });
  });

  it("speaks first, after all, to whoever waits for its greeting of 64 bytes and its READY of 40", async () => {
    const server = await tcpServer((socket) => {
      const lines = [
        { after: 64, say: encodeGreeting() },
        { after: 104, say: encodeReady("REP") },
        { after: 105, say: encodeMessage([Buffer.alloc(0), Buffer.from("ok")]) },
      ];
      let bytes = 0;
      socket.on("data", (chunk) => {
        bytes += chunk.length;
        for (let [line] = lines; line !== undefined && bytes >= line.after; [line] = lines) {
          socket.write(line.say);
          lines.shift();
        }
      });
    });
    expect(await probe(server.port).ask()).toMatchObject({ health: "healthy" });
  });

  it("calls a reply malformed that is longer than 64 KiB or lacks the empty part", async () => {
    for (const parts of [[Buffer.alloc(0), Buffer.alloc(70_000)], [Buffer.from("ok")]]) {
      const server = await tcpServer((socket) => {
        socket.write(Buffer.concat([encodeGreeting(), encodeReady("REP")]));
        let bytes = 0;
        socket.on("data", (chunk) => {
          // The greeting and READY are 104 bytes: what comes after them is the question.
          bytes += chunk.length;
          if (bytes > 104) socket.write(encodeMessage(parts));
        });
      });
      expect(await probe(server.port).ask()).toMatchObject({ type: "malformed" });
    }
  });

  it("settles a question under way when it is closed", async () => {
    const server = await tcpServer(() => {});
    const asking = probe(server.port);
    const answer = asking.ask();
    await until("the first connection", () => server.connections === 1);
    asking.close();
    expect((await answer).type).toBe("refused");
  });
});

describe("a probe of a socket that sends PINGs", () => {
  const ping = (contextBytes: number) => encodeCommand("PING", Buffer.alloc(2 + contextBytes, 1));
  /** Greets, sends that, and never reads. */
  const pinging = (bytes: Buffer) =>
    tcpServer((socket) => {
      socket.pause();
      socket.write(Buffer.concat([encodeGreeting(), encodeReady("REP"), bytes]));
    });

  it("ends the connection when they come more often than 100 times a second", async () => {
    const { port } = await pinging(Buffer.concat(Array.from({ length: 1_000 }, () => ping(16))));
    expect(await probe(port).ask()).toMatchObject({
      type: "malformed",
      reason: expect.stringContaining("PINGs more often than 100 times a second"),
    });
  });

  it("ends the connection when one wants more than 16 bytes back", async () => {
    const { port } = await pinging(ping(17));
    expect(await probe(port).ask()).toMatchObject({
      type: "malformed",
      reason: expect.stringContaining("a PING with 17 bytes"),
    });
  });
});
