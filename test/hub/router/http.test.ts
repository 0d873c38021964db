import { once } from "node:events";
import { Agent, request } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { until } from "../../support/until.ts";
import { ask, dial, httpTarget, readAll, startRouter } from "./fixture.ts";

const named = (name: string) => httpTarget((_, response) => void response.end(name));

function keptAgent(maxSockets: number): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets });
  onTestFinished(() => agent.destroy());
  return agent;
}

describe("requests through the router", () => {
  it("go to the instance that acts, 20 one after the other over one kept connection", async () => {
    const side = await startRouter();
    const target = await named("home");
    await side.open(target);
    for (let count = 0; count < 20; count++) expect((await ask(side.port)).text).toBe("home");
    expect(target.connections).toBe(1);
  });

  it("keep method, path, headers, chunked body and trailers in both directions", async () => {
    const side = await startRouter();
    const target = await httpTarget((incoming, response) => {
      let body = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      incoming.once("end", () => {
        response.writeHead(207, "Odd", [
          ["X-Seen", "1"],
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
          ["Trailer", "X-Sum"],
        ]);
        response.write(`${incoming.method} ${incoming.url} ${incoming.headers["x-own"]} ${incoming.headers.host} `);
        response.addTrailers({ "X-Sum": String(body.length) });
        response.end(body);
      });
    });
    await side.open(target);
    const headers = { "X-Own": "kept", "Transfer-Encoding": "chunked", Host: "tutor" };
    const answer = await ask(side.port, { method: "POST", path: "/a?b=%20c", headers }, ["one ", "two ", "three"]);
    expect(answer.status).toBe(207);
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(answer.text).toBe("POST /a?b=%20c kept tutor one two three");
    expect(answer.trailers).toEqual({ "x-sum": "13" });
  });

  it("of the kinds HEAD, POST without a body, 204 and 304 are answered as the instance does, over one connection", async () => {
    const side = await startRouter();
    const target = await httpTarget((incoming, response) => {
      if (incoming.method === "HEAD") response.writeHead(200, { "content-length": "1234" }).end();
      else if (incoming.url === "/204") response.writeHead(204).end();
      else if (incoming.url === "/304") response.writeHead(304, { etag: "x" }).end();
      else response.end(JSON.stringify(incoming.headers["content-length"] ?? null));
    });
    await side.open(target);
    const agent = keptAgent(1);
    expect((await ask(side.port, { agent, method: "HEAD" })).headers["content-length"]).toBe("1234");
    expect((await ask(side.port, { agent, path: "/204" })).status).toBe(204);
    expect((await ask(side.port, { agent, path: "/304" })).headers.etag).toBe("x");
    expect((await ask(side.port, { agent, method: "POST", headers: { "content-length": "0" } })).text).toBe('"0"');
    expect((await side.client.routes())[0]?.connections).toBe(1);
  });

  it("that are pipelined, three at once, are answered in their order", async () => {
    const side = await startRouter();
    let waiting: (() => void)[] = [];
    const target = await httpTarget((incoming, response) => {
      // The last to come is answered first.
      waiting.push(() => void response.end(`<${incoming.url}>`));
      if (waiting.length < 3) return;
      for (const answer of waiting.reverse()) answer();
      waiting = [];
    });
    await side.open(target);
    const client = await dial(side.port);
    client.write(
      ["/1", "/2", "/3"]
        .map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n${path === "/3" ? "Connection: close\r\n" : ""}\r\n`)
        .join(""),
    );
    expect((await readAll(client)).match(/<[^>]*>/g)).toEqual(["</1>", "</2>", "</3>"]);
  });

  it("that expect 100 Continue get the instance's own, and their body goes through", async () => {
    const side = await startRouter();
    const target = await httpTarget(
      (incoming, response) => void incoming.pipe(response),
      (server) =>
        server.on("checkContinue", (incoming, response) => {
          response.writeContinue();
          incoming.pipe(response);
        }),
    );
    await side.open(target);
    const asked = request({
      host: "127.0.0.1",
      port: side.port,
      method: "PUT",
      headers: { expect: "100-continue", "content-length": "4" },
    });
    asked.flushHeaders();
    await once(asked, "continue");
    asked.end("body");
    const [response] = await once(asked, "response");
    expect(await response.setEncoding("utf8").reduce((sum: string, text: string) => sum + text, "")).toBe("body");
  });

  it("that are no HTTP after all are answered with 400", async () => {
    const side = await startRouter();
    await side.open(await named("home"));
    const client = await dial(side.port);
    client.write("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect(await readAll(client)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("to upgrade become a connection that carries bytes both ways", async () => {
    const side = await startRouter();
    const target = await httpTarget(
      (_, response) => void response.end(),
      (server) =>
        server.on("upgrade", (incoming, socket, head) => {
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${incoming.headers.upgrade}\r\n\r\n`,
          );
          socket.write(head);
          socket.on("error", () => {}).pipe(socket);
        }),
    );
    await side.open(target);
    const client = await dial(side.port);
    client.write("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly ");
    client.end("late");
    const heard = await readAll(client);
    expect(heard).toContain("Upgrade: echo");
    expect(heard).toMatch(/\r\n\r\nearly late$/);
  });
});

describe("while nobody acts", () => {
  it("a request waits and is answered by the new instance, whatever its method", async () => {
    const side = await startRouter();
    await side.open(await named("home"));
    await side.hold();
    const answers = Promise.all([ask(side.port), ask(side.port, { method: "POST" }, "body")]);
    await until("two waiting clients", async () => (await side.client.routes())[0]?.waiting === 2);
    await side.open(await named("standby"));
    expect((await answers).map(({ text }) => text)).toEqual(["standby", "standby"]);
  });

  it("a request is given up with 503 and Retry-After once it has waited for holdMs", async () => {
    const side = await startRouter({ holdMs: 50 });
    const { status, headers, text } = await ask(side.port);
    expect([status, headers["retry-after"], text]).toEqual([503, "1", "TutorAgent: no instance acts at present\n"]);
  });

  it("the third client is refused at once when two may wait", async () => {
    const side = await startRouter({ maxWaiting: 2, holdMs: 60_000 });
    const waiting = [ask(side.port), ask(side.port)];
    await until("two waiting clients", async () => (await side.client.routes())[0]?.waiting === 2);
    expect((await ask(side.port)).status).toBe(503);
    await side.open(await named("home"));
    expect((await Promise.all(waiting)).map(({ text }) => text)).toEqual(["home", "home"]);
  });
});

describe("when the instance is replaced", () => {
  it("none of 2,000 requests fails over ten switches, planned by a hold each, with 16 clients that keep their connections", async () => {
    const side = await startRouter();
    const targets = [await named("home"), await named("standby")] as const;
    await side.open(targets[0]);
    const agent = keptAgent(16);
    const seen = new Map<string, number>();
    let left = 2_000;
    const client = async (method: string) => {
      while (left-- > 0) {
        const { status, text } = await ask(side.port, { agent, method }, method === "POST" ? "body" : undefined);
        seen.set(`${status} ${text}`, (seen.get(`${status} ${text}`) ?? 0) + 1);
      }
    };
    const clients = Promise.all(Array.from({ length: 16 }, (_, index) => client(index % 2 === 0 ? "GET" : "POST")));
    for (let turn = 1; turn <= 10; turn++) {
      const target = left - 180;
      await until("more requests", () => left <= target || left <= 0);
      await side.hold();
      await side.open(targets[turn % 2 === 0 ? 0 : 1]);
    }
    await clients;
    expect([...seen.keys()].sort()).toEqual(["200 home", "200 standby"]);
    expect([...seen.values()].reduce((sum, count) => sum + count)).toBe(2_000);
  });

  it("a response under way is finished by the old one, and nothing drains after it", async () => {
    const side = await startRouter();
    let finish = () => {};
    const old = await httpTarget((_, response) => {
      response.write("first, ");
      finish = () => void response.end("last");
    });
    await side.open(old);
    const answer = ask(side.port);
    await until("the request", () => old.connections === 1);
    await side.open(await named("new"));
    expect((await side.client.routes())[0]?.draining).toBe(1);
    expect((await ask(side.port)).text).toBe("new");
    finish();
    expect((await answer).text).toBe("first, last");
    await until("an end of the drain", async () => (await side.client.routes())[0]?.draining === 0);
  });

  it("a GET that the old one never answers is asked of the new one after drainMs; a POST fails with 502", async () => {
    const side = await startRouter({ drainMs: 50 });
    const hung = await httpTarget(() => {});
    await side.open(hung);
    const answers = Promise.all([ask(side.port), ask(side.port, { method: "POST" }, "body")]);
    await until("both requests", () => hung.connections === 2);
    await side.open(await named("new"));
    expect((await answers).map(({ status }) => status)).toEqual([200, 502]);
  });
});

describe("when the instance breaks", () => {
  it("requests wait for the takeover, and are answered by who took over", async () => {
    const side = await startRouter({ takeoverWaitMs: 60_000, holdMs: 60_000 });
    const home = await named("home");
    await side.open(home);
    await home.crash();
    const answers = Promise.all([ask(side.port), ask(side.port, { method: "POST" }, "body")]);
    await until("two waiting clients", async () => (await side.client.routes())[0]?.waiting === 2);
    await side.open(await named("standby"));
    expect((await answers).map(({ text }) => text)).toEqual(["standby", "standby"]);
  });

  it("and nobody takes over, a request gets 503 after takeoverWaitMs", async () => {
    const side = await startRouter({ takeoverWaitMs: 50 });
    const home = await named("home");
    await side.open(home);
    await home.crash();
    expect((await ask(side.port)).text).toBe("TutorAgent: the instance that acts does not answer\n");
  });

  it("before any byte, a GET is sent once more, a POST is not", async () => {
    const side = await startRouter();
    const seen: string[] = [];
    const target = await httpTarget((incoming, response) => {
      seen.push(incoming.method ?? "");
      if (seen.filter((method) => method === incoming.method).length > 1) response.end("second");
      else (incoming.socket as Socket).resetAndDestroy();
    });
    await side.open(target);
    expect((await ask(side.port)).text).toBe("second");
    expect((await ask(side.port, { method: "POST" }, "body")).status).toBe(502);
    expect(seen).toEqual(["GET", "GET", "POST"]);
  });

  it("in the middle of a response, the client sees that it is not whole", async () => {
    const side = await startRouter();
    const target = await httpTarget((incoming, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => (incoming.socket as Socket).resetAndDestroy());
    });
    await side.open(target);
    await expect(ask(side.port)).rejects.toThrow();
  });

  it("three times in a row, it is left alone and then tried again by itself", async () => {
    const side = await startRouter({
      takeoverWaitMs: 60_000,
      holdMs: 60_000,
      breakerFailures: 3,
      breakerOpenMs: 200,
      retryMs: 20,
    });
    const home = await named("home");
    await side.open(home);
    await home.crash();
    const answer = ask(side.port);
    await until("an open breaker", async () => (await side.client.routes())[0]?.broken);
    await httpTarget((_, response) => void response.end("back"), undefined, home.port);
    expect((await answer).text).toBe("back");
    expect((await side.client.routes())[0]?.broken).toBe(false);
  });
});

it("a router that stops finishes the response under way, refuses the request that waits, and is gone", async () => {
  const side = await startRouter({ holdMs: 60_000 });
  let finish = () => {};
  const target = await httpTarget((_, response) => {
    response.write("first, ");
    finish = () => void response.end("last");
  });
  await side.open(target);
  const answer = ask(side.port);
  await until("the request", () => target.connections === 1);
  await side.hold();
  const waits = ask(side.port);
  await until("a waiting client", async () => (await side.client.routes())[0]?.waiting === 1);
  const stopped = side.router.stop();
  expect((await waits).status).toBe(503);
  finish();
  expect((await answer).text).toBe("first, last");
  await stopped;
  await expect(ask(side.port, { agent: false })).rejects.toThrow("ECONNREFUSED");
});
