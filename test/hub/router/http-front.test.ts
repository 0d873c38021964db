import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { ask, dial, httpTarget, readAll, startRouter } from "./fixture.ts";

it("a route that is declared http carries requests", async () => {
  const side = await startRouter({}, "http");
  await side.open(await httpTarget((_, response) => void response.end("home")));
  expect((await ask(side.port)).text).toBe("home");
});

it("a target that says nothing for httpIdleMs is answered for with 504", async () => {
  const side = await startRouter({ httpIdleMs: 100 });
  await side.open(await httpTarget(() => {}));
  expect((await ask(side.port)).status).toBe(504);
  expect((await ask(side.port, { method: "POST" }, "body")).status).toBe(504);
});

describe("a client that ends its half after its request", () => {
  it("is answered, and its connection closed then", async () => {
    const side = await startRouter();
    const target = await httpTarget((_, response) => void pause(100).then(() => response.end("home")));
    await side.open(target);
    const client = await dial(side.port);
    client.end("GET / HTTP/1.0\r\n\r\n");
    expect(await readAll(client)).toMatch(/\r\n\r\nhome$/);
    await until("no connection", async () => (await side.client.routes())[0]?.connections === 0);
  });

  it("more than a second later has given it up: the target hears that nobody waits", async () => {
    const side = await startRouter();
    const seen: ServerResponse[] = [];
    await side.open(await httpTarget((_, response) => void seen.push(response)));
    const client = await dial(side.port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("the request", () => seen.length === 1);
    await pause(1_500);
    client.end();
    await until("the end of the request", () => seen[0]?.destroyed);
  });

  it("at once, and is gone altogether, ends the answer with the first of it that it does not take", async () => {
    const side = await startRouter();
    let ended = false;
    const target = await httpTarget((_, response) => {
      const talking = setInterval(() => response.write("more"), 10);
      response.once("close", () => {
        clearInterval(talking);
        ended = true;
      });
    });
    await side.open(target);
    const client = await dial(side.port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n", () => client.destroy());
    await until("the end of the answer", () => target.connections === 1 && ended);
  });
});

describe("requests that are pipelined", () => {
  it("wait for the answers before them where one changes something: GET, PUT, then two GETs", async () => {
    const side = await startRouter();
    const seen: string[] = [];
    const target = await httpTarget((incoming, response) => {
      seen.push(`${incoming.url}`);
      incoming.resume();
      // The last two may be under way together: each waits for the other.
      const both = () => seen.includes("/3") && seen.includes("/4");
      const late = incoming.url === "/3" || incoming.url === "/4" ? until("both", both) : pause(100);
      void late.then(() => {
        seen.push(`${incoming.url} answered`);
        response.end(`<${incoming.url}>`);
      });
    });
    await side.open(target);
    const client = await dial(side.port);
    const asked = (method: string, path: string, more = "") => `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    client.end(
      [
        asked("GET", "/1"),
        asked("PUT", "/2", "Content-Length: 4\r\n"),
        "body",
        asked("GET", "/3"),
        asked("GET", "/4"),
      ].join(""),
    );
    expect((await readAll(client)).match(/<[^>]*>/g)).toEqual(["</1>", "</2>", "</3>", "</4>"]);
    expect(seen.slice(0, 4)).toEqual(["/1", "/1 answered", "/2", "/2 answered"]);
  });

  it("are 8 at a time at the target, however many a client sends at once, and all are answered in order", async () => {
    const side = await startRouter();
    let [underWay, most, asked] = [0, 0, 0];
    const target = await httpTarget((incoming, response) => {
      most = Math.max(most, ++underWay);
      asked++;
      // None is answered before as many came as may.
      void until("8 of them", () => asked >= 8).then(() => {
        underWay--;
        response.end(`<${incoming.url}>`);
      });
    });
    await side.open(target);
    const client = await dial(side.port);
    const paths = Array.from({ length: 300 }, (_, i) => `/${i}`);
    client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
    client.write("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const answers = (await readAll(client)).match(/<[^>]*>/g);
    expect(answers).toEqual([...paths, "/last"].map((path) => `<${path}>`));
    expect(most).toBe(8);
  });

  it("to upgrade while an answer is under way are asked as they were any other", async () => {
    const side = await startRouter();
    const target = await httpTarget(
      (incoming, response) =>
        void pause(incoming.url === "/slow" ? 100 : 0).then(() => response.end(`<${incoming.headers.upgrade}>`)),
      (server) => server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n<upgraded>")),
    );
    await side.open(target);
    const client = await dial(side.port);
    client.end(
      "GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
    );
    const heard = await readAll(client);
    expect(heard.match(/HTTP\/1\.1 \d+|<[^>]*>/g)).toEqual([
      "HTTP/1.1 200",
      "<undefined>",
      "HTTP/1.1 200",
      "<undefined>",
    ]);
  });
});

describe("a client whose header trickles in", () => {
  const trickle = async (client: Socket) => {
    const dripping = setInterval(() => client.write("X"), 10);
    client.once("close", () => clearInterval(dripping));
    client.on("error", () => {});
    await until("the end of the connection", () => client.destroyed || client.readableEnded);
    clearInterval(dripping);
    client.destroy();
  };

  it("loses its connection after firstHeadMs", async () => {
    const side = await startRouter({ firstHeadMs: 100 }, "http");
    const client = await dial(side.port);
    client.resume().write("GET / HTTP/1.1\r\nHost: x\r\n");
    await trickle(client);
  });

  it("behind an answer loses it headMs after that, whatever it sends meanwhile", async () => {
    const side = await startRouter({ headMs: 100 }, "http");
    await side.open(await httpTarget((_, response) => void response.end("<home>")));
    const client = await dial(side.port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let heard = "";
    client.on("data", (bytes) => {
      heard += bytes;
    });
    await until("the answer", () => heard.includes("<home>"));
    client.write("GET / HTTP/1.1\r\nHost: ");
    await trickle(client);
  });
});
