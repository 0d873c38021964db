import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Link, Links } from "../../../../ops/chaos/links/links.ts";
import { seededRandom } from "../../../../ops/chaos/random.ts";
import { until } from "../../../support/until.ts";

const host = "127.0.0.1";
/** Long enough that what shall not come would have come. */
const quietMs = 150;

let links: Links;
let echo: Server;
let beats: UdpSocket;
const opened: { destroy(): void }[] = [];

/** A client that counts what it gets back. */
class Caller {
  readonly socket: Socket;
  text = "";
  ended = false;

  constructor(port: number) {
    this.socket = connect({ host, port });
    opened.push(this.socket);
    this.socket.setEncoding("utf8").on("data", (text: string) => (this.text += text));
    this.socket.on("error", () => {});
    this.socket.on("close", () => (this.ended = true));
  }
}

async function listen(): Promise<Server> {
  const server = createServer((socket) => {
    opened.push(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port; // it listens on TCP
const leafTo = (port: number): Promise<Link> => links.between("pc2", "mainpc", "leaf", { host, port });

beforeEach(async () => {
  links = new Links(seededRandom(1));
  echo = await listen();
  beats = createSocket("udp4").bind(0, host);
  beats.on("message", (bytes, { port, address }) => beats.send(bytes, port, address));
  await new Promise((resolve) => beats.once("listening", resolve));
});

afterEach(async () => {
  for (const one of opened.splice(0)) one.destroy();
  await links.close();
  beats.close();
  await new Promise((resolve) => echo.close(resolve));
});

describe("a link for streams", () => {
  it("carries bytes both ways and keeps their order through delays that differ", async () => {
    const { port } = await leafTo(portOf(echo));
    links.set("pc2", "mainpc", { delayMs: 1, jitterMs: 20 });
    const caller = new Caller(port);
    const sent = Array.from({ length: 50 }, (_, i) => `${i},`);
    for (const part of sent) {
      caller.socket.write(part);
      await pause(1);
    }
    await until("all bytes", () => caller.text.length === sent.join("").length);
    expect(caller.text).toBe(sent.join(""));
  });

  it("lets nothing pass while it is blocked, loses nothing of it, and says no goodbye before it is mended", async () => {
    const { port } = await leafTo(portOf(echo));
    const caller = new Caller(port);
    caller.socket.write("a");
    await until("the first echo", () => caller.text === "a");
    links.set("pc2", "mainpc", { blocked: true });
    links.set("mainpc", "pc2", { blocked: true });
    caller.socket.write("b");
    await pause(quietMs);
    expect([caller.text, caller.ended]).toEqual(["a", false]);
    await links.mend();
    await until("the held byte", () => caller.text === "ab");
  });

  it("blocks one way alone: what is asked arrives, the answer does not", async () => {
    const got: string[] = [];
    const server = createServer((socket) => {
      opened.push(socket);
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        got.push(String(bytes));
        socket.write("answer");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = await leafTo(portOf(server));
    links.set("mainpc", "pc2", { blocked: true });
    const caller = new Caller(port);
    caller.socket.write("question");
    await until("the question", () => got.length === 1);
    await pause(quietMs);
    expect(caller.text).toBe("");
    await links.mend();
    await until("the answer", () => caller.text === "answer");
    server.close();
  });

  it("breaks its connections when it is cut, refuses new ones, and carries again once mended", async () => {
    const { port } = await leafTo(portOf(echo));
    const caller = new Caller(port);
    caller.socket.write("a");
    await until("the first echo", () => caller.text === "a");
    links.cut(["leaf"]);
    await until("the end", () => caller.ended);
    const refused = new Caller(port);
    await until("the refusal", () => refused.ended);
    await links.mend(["leaf"]);
    const again = new Caller(port);
    again.socket.write("b");
    await until("the echo", () => again.text === "b");
  });

  it("refuses as its target does, and accepts again once the target listens", async () => {
    const target = await listen();
    const targetPort = portOf(target);
    const { port } = await leafTo(targetPort);
    const caller = new Caller(port);
    caller.socket.write("a");
    await until("the first echo", () => caller.text === "a");
    target.close();
    for (const one of opened.splice(0)) one.destroy();
    await until("a refusal by the kernel", async () => {
      const codes: (string | undefined)[] = [];
      const socket = connect({ host, port }).on("error", (error: NodeJS.ErrnoException) => codes.push(error.code));
      await new Promise((resolve) => socket.once("close", resolve).once("connect", () => socket.destroy()));
      return codes.includes("ECONNREFUSED");
    });
    const back = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => back.listen(targetPort, host, resolve));
    const again = await until("a connection", async () => {
      const one = new Caller(port);
      one.socket.write("b");
      await pause(quietMs);
      return one.text === "b" ? one : undefined;
    });
    again.socket.destroy();
    back.close();
  });

  it("is the same one for the same address, asked for twice", async () => {
    const one = await leafTo(portOf(echo));
    expect((await leafTo(portOf(echo))).port).toBe(one.port);
    expect(links.all).toHaveLength(1);
  });
});

describe("a link for beats", () => {
  const call = async (count: number): Promise<() => number> => {
    const { port } = await links.between("pc2", "mainpc", "beats", { host, port: beats.address().port });
    const caller = createSocket("udp4").bind(0, host);
    await new Promise((resolve) => caller.once("listening", resolve));
    opened.push({ destroy: () => caller.close() });
    let got = 0;
    caller.on("message", () => got++);
    for (let i = 0; i < count; i++) {
      caller.send(`${i}`, port, host);
      await pause(1);
    }
    return () => got;
  };

  it("carries datagrams there and their answers back", async () => {
    const got = await call(5);
    await until("5 answers", () => got() === 5);
  });

  it("loses all of 20 datagrams at a loss of 100 %, and some of 200 at 50 %", async () => {
    await links.between("pc2", "mainpc", "beats", { host, port: beats.address().port });
    links.set("pc2", "mainpc", { loss: 1 });
    const none = await call(20);
    await pause(quietMs);
    expect(none()).toBe(0);
    links.set("pc2", "mainpc", { loss: 0.5 });
    const some = await call(200);
    await until("an answer", () => some() > 0);
    await pause(quietMs);
    expect(some()).toBeLessThan(200);
  });
});
