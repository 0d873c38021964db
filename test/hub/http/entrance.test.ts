import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { Entrance, type Front } from "../../../hub/http/entrance.ts";
import { createLog } from "../../../hub/io/log.ts";

const says =
  (text: string): Front =>
  async (asked, response) => {
    let body = "";
    for await (const part of asked) body += part;
    response.end(`${text} ${asked.method} ${body}`);
  };

async function entranceOn(
  port = 0,
  shared = false,
): Promise<{ entrance: Entrance; at: { host: string; port: number } }> {
  const entrance = new Entrance(createLog("test", () => {}));
  await entrance.listen({ host: "127.0.0.1", port }, shared);
  onTestFinished(() => entrance.close(false));
  return { entrance, at: { host: "127.0.0.1", port: (entrance.server.address() as AddressInfo).port } }; // a TCP server has one
}

interface Answer {
  status: number | undefined;
  text: string;
  connection: string | undefined;
}

function ask(
  at: object,
  options: { method?: string; path?: string; body?: string; agent?: Agent } = {},
): Promise<Answer> {
  const { body = "", ...rest } = options;
  return new Promise((resolve, reject) => {
    const asked = request({ ...at, ...rest, headers: { "content-length": body.length } }, async (answer) => {
      let text = "";
      for await (const part of answer) text += part;
      resolve({ status: answer.statusCode, text, connection: answer.headers.connection });
    });
    asked.once("error", reject).end(body);
  });
}

it("holds what comes before the hub can answer, and gives it to the hub then", async () => {
  const { entrance, at } = await entranceOn();
  const early = ask(at, { method: "PUT", body: "early" });
  await setTimeout(50);
  entrance.open(says("hub"));
  expect(await early).toMatchObject({ status: 200, text: "hub PUT early" });
});

it("closes and counts connections beyond what all may hold together", async () => {
  const { entrance, at } = await entranceOn();
  entrance.server.maxConnections = 2;
  const sockets = Array.from({ length: 3 }, () =>
    connect(at)
      .on("error", () => {})
      .resume(),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await expect.poll(() => [entrance.connections.open, entrance.connections.refused]).toEqual([2, 1]);
  await expect.poll(() => sockets.filter(({ destroyed }) => destroyed).length).toBe(1);
});

it("gives nothing to the hub of 3 clients that left while they were held", async () => {
  const { entrance, at } = await entranceOn();
  let [taken, gone] = [0, 0];
  entrance.server.on("request", (asked) => {
    taken++;
    asked.socket.once("close", () => gone++);
  });
  const leavers = Array.from({ length: 3 }, () => connect(at.port, at.host));
  for (const leaver of leavers) leaver.write("GET /left HTTP/1.1\r\nHost: hub\r\n\r\n");
  await expect.poll(() => taken).toBe(3);
  for (const leaver of leavers) leaver.destroy();
  await expect.poll(() => gone).toBe(3);
  const begun: (string | undefined)[] = [];
  entrance.open(async (asked, response) => {
    begun.push(asked.url);
    response.end();
  });
  await ask(at, { path: "/stayed" });
  expect(begun).toEqual(["/stayed"]);
});

it("begins 400 requests that a client sends at once one after the other, and few of a client that has gone", async () => {
  const { entrance, at } = await entranceOn();
  let [underWay, most] = [0, 0];
  const begun: string[] = [];
  let isHeld = false;
  let release: (() => void) | undefined;
  entrance.open(async (asked, response) => {
    begun.push(asked.url ?? "");
    most = Math.max(most, ++underWay);
    response.once("close", () => underWay--);
    if (isHeld)
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    await setTimeout(0);
    response.end(`<${asked.url}>`);
  });
  const paths = Array.from({ length: 400 }, (_, i) => `/${i}`);
  const lines = (path: string, last = false) =>
    `GET ${path} HTTP/1.1\r\nHost: hub\r\n${last ? "Connection: close\r\n" : ""}\r\n`;
  const client = connect(at.port, at.host);
  client.write(paths.map((path) => lines(path, path === "/399")).join(""));
  let heard = "";
  for await (const part of client) heard += part;
  expect(heard.match(/<[^>]*>/g)).toEqual(paths.map((path) => `<${path}>`));
  expect(most).toBe(1);

  isHeld = true;
  begun.length = 0;
  const leaver = connect(at.port, at.host);
  leaver.write(paths.map((path) => lines(path)).join(""));
  await expect.poll(() => begun).toEqual(["/0"]);
  leaver.destroy();
  // Of a connection that is not read nobody knows that it has ended before something is sent.
  isHeld = false;
  release?.();
  await expect.poll(() => underWay).toBe(0);
  expect((await ask(at, { path: "/other" })).text).toBe("</other>");
  expect(begun.length).toBeLessThan(50);
});

it("reads no more of a connection whose request waits for its answer, though each comes in a packet of its own", async () => {
  const { entrance, at } = await entranceOn();
  let taken = 0;
  entrance.server.on("request", () => taken++);
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  entrance.open(async (asked, response) => {
    if (asked.url === "/held") await held;
    response.end(`<${asked.url}>`);
  });
  const client = connect(at.port, at.host).setNoDelay(true);
  client.write("GET /held HTTP/1.1\r\nHost: hub\r\n\r\n");
  await expect.poll(() => taken).toBe(1);
  for (let i = 0; i < 300; i++) {
    client.write(`GET /${i} HTTP/1.1\r\nHost: hub\r\n${i === 299 ? "Connection: close\r\n" : ""}\r\n`);
    await setTimeout(1);
  }
  expect(taken).toBeLessThan(100);
  release?.();
  let heard = "";
  for await (const part of client) heard += part;
  expect(heard.match(/<[^>]*>/g)).toEqual(["</held>", ...Array.from({ length: 300 }, (_, i) => `</${i}>`)]);
});

it("begins nothing behind an answer that ends the connection, and ends what has begun when the connection does", async () => {
  const { entrance, at } = await entranceOn();
  const begun: string[] = [];
  let ended = 0;
  entrance.open(async (asked, response) => {
    begun.push(`${asked.method} ${asked.url}`);
    response.once("close", () => ended++);
    if (asked.url === "/last") response.setHeader("connection", "close").end("last");
  });
  for (const first of ["GET /last HTTP/1.1\r\nHost: hub\r\n\r\n", "GET /hostless HTTP/1.1\r\n\r\n"]) {
    const client = connect(at.port, at.host);
    client.write(`${first}POST /behind HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n\r\n`);
    await once(client.resume(), "close");
  }
  expect(begun).toEqual(["GET /last"]);
  const leaver = connect(at.port, at.host);
  leaver.write("GET /held HTTP/1.1\r\nHost: hub\r\n\r\n");
  await expect.poll(() => begun.length).toBe(2);
  leaver.destroy();
  await expect.poll(() => ended).toBe(2);
});

it("carries what comes on a kept connection to the hub that follows, and ends that connection with the answer", async () => {
  const follows = createServer((asked, response) => void says("next")(asked, response)).listen(0, "127.0.0.1");
  await once(follows, "listening");
  onTestFinished(() => void follows.close());
  const { entrance, at } = await entranceOn();
  entrance.open(says("hub"));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  expect(await ask(at, { agent })).toMatchObject({ text: "hub GET ", connection: "keep-alive" });
  await entrance.yieldTo({ host: "127.0.0.1", port: (follows.address() as AddressInfo).port });
  expect(await ask(at, { agent, method: "PUT", body: "late" })).toMatchObject({
    text: "next PUT late",
    connection: "close",
  });
  await expect(ask(at)).rejects.toThrow("ECONNREFUSED");
});

it("does not pass an order on, which the next hub would take for one that was given on its own machine", async () => {
  const { entrance, at } = await entranceOn();
  entrance.open(says("hub"));
  const heard: string[] = [];
  const follows = createServer(({ url = "" }, response) => {
    heard.push(url);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(follows, "listening");
  onTestFinished(() => void follows.close());
  const orders = ["services/TutorAgent/switchover", "maintenance", "documents/a/b", "session/codes", "silences"];
  const agents = orders.map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  onTestFinished(() => {
    for (const agent of agents) agent.destroy();
  });
  // Each answer ends its connection, so each order has one that stands since before.
  await Promise.all(agents.map((agent) => ask(at, { agent })));
  await entrance.yieldTo({ host: "127.0.0.1", port: (follows.address() as AddressInfo).port }); // a TCP server has one
  const answers = orders.map((path, i) => {
    const agent = agents[i];
    return ask(at, { ...(agent && { agent }), method: "POST", path: `/api/v1/${path}`, body: "{}" });
  });
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 503, connection: "close" });
  expect(heard).toEqual([]);
});

it("yields when what was under way is answered, and answers 40 clients that were connected to it while it stood still", async () => {
  const first = await entranceOn(0, true);
  let finish: (() => void) | undefined;
  first.entrance.open(async (asked, response) => {
    if (asked.url === "/slow")
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    response.end("first");
  });
  const slow = ask(first.at, { path: "/slow" });
  await expect.poll(() => finish).toBeDefined();
  const sockets = Array.from({ length: 40 }, () => connect(first.at));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const ends = sockets.map(async (socket) => {
    socket.write("GET / HTTP/1.1\r\nHost: hub\r\n\r\n");
    const [part] = await once(socket, "data");
    return String(part).slice(0, 15);
  });
  // The kernel has connected them before the loop turns again.
  const endMs = performance.now() + 100;
  while (performance.now() < endMs);
  const second = await entranceOn(first.at.port, true);
  second.entrance.open(says("next"));
  const yielded = first.entrance.yieldTo(second.at);
  finish?.();
  expect(await slow).toMatchObject({ text: "first" });
  await yielded;
  expect(new Set(await Promise.all(ends))).toEqual(new Set(["HTTP/1.1 200 OK"]));
});
