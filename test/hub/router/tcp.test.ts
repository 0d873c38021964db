import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { until } from "../../support/until.ts";
import { ask, dial, httpTarget, readAll, startRouter, tcpTarget } from "./fixture.ts";

const echo = () => tcpTarget((socket) => void socket.pipe(socket));
const closed = (socket: Socket) => until("the end of the connection", () => socket.readableEnded || socket.destroyed);

describe("a connection that is no HTTP", () => {
  it("carries bytes both ways, and each half ends by itself", async () => {
    const side = await startRouter();
    const target = await tcpTarget((socket) => {
      let heard = "";
      socket.setEncoding("latin1").on("data", (text: string) => (heard += text));
      // Answers only once the other half has ended.
      socket.once("end", () => socket.end(`heard ${heard}`, "latin1"));
    });
    await side.open(target);
    const client = await dial(side.port);
    client.end("\xff\x00all of it", "latin1");
    expect(await readAll(client)).toBe("heard \xff\x00all of it");
  });

  it("may be one where the target speaks first, and one where a client speaks HTTP late, on one port", async () => {
    const side = await startRouter();
    await side.open(await tcpTarget((socket) => socket.end("greeting")));
    expect(await readAll(await dial(side.port))).toBe("greeting");
    const target = await httpTarget((_, response) => void response.end("answer"));
    await side.open(target);
    const late = await dial(side.port);
    // The router has connected it, since neither side spoke.
    await until("a connection to the target", () => target.connections === 1);
    await side.open(await httpTarget((_, response) => void response.end("answer of the new one")));
    late.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await readAll(late)).toMatch(/answer of the new one$/);
  });

  it("that is declared tcp is not looked at: a request line goes through as bytes", async () => {
    const side = await startRouter({}, "tcp");
    await side.open(await echo());
    const client = await dial(side.port);
    client.end("GET / HTTP/1.1\r\n\r\n");
    expect(await readAll(client)).toBe("GET / HTTP/1.1\r\n\r\n");
  });

  it("carries 50 MB each way unharmed", async () => {
    const side = await startRouter();
    await side.open(await echo());
    const sent = randomBytes(50 * 1024 * 1024);
    const client = await dial(side.port);
    const hash = createHash("sha256");
    client.on("data", (chunk: Buffer) => hash.update(chunk));
    const ended = once(client, "end");
    client.end(sent);
    await ended;
    expect(hash.digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
  });

  it("to a reader that reads nothing stops its sender, with no more than 16 MiB on the way", async () => {
    const side = await startRouter();
    let sent = 0;
    const target = await tcpTarget((socket) => {
      const chunk = Buffer.alloc(64 * 1024);
      const send = () => {
        while (socket.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      socket.on("drain", send);
      socket.once("data", send);
    });
    await side.open(target);
    const client = await dial(side.port);
    client.pause();
    client.write("\xff", "latin1");
    let last = -1;
    // Stands still: nothing has moved between two looks.
    await until("a sender that waits", async () => {
      const before = last;
      last = sent;
      await pause(300);
      return sent > 0 && sent === before;
    });
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it("is closed once nothing moved on it for tcpIdleMs", async () => {
    const side = await startRouter({ tcpIdleMs: 100 });
    await side.open(await echo());
    const client = await dial(side.port);
    client.write("\xff", "latin1");
    client.resume();
    await closed(client);
    await until("no connection", async () => (await side.client.routes())[0]?.connections === 0);
  });

  it("waits while nobody acts, and its bytes are not lost", async () => {
    const side = await startRouter();
    const client = await dial(side.port);
    client.end("\xffearly", "latin1");
    await until("a waiting client", async () => (await side.client.routes())[0]?.waiting === 1);
    await side.open(await echo());
    expect(await readAll(client)).toBe("\xffearly");
  });

  it("is closed and counted when it is one more than all may hold together", async () => {
    const side = await startRouter({ maxConnections: 1 });
    await side.open(await echo());
    const first = await dial(side.port);
    await until("the first one", async () => (await side.client.routes())[0]?.connections === 1);
    const second = await dial(side.port);
    await closed(second.resume());
    const { text } = await ask(0, { socketPath: side.config.socket, path: "/metrics" });
    expect(text).toContain('tandem_router_refused_connections_total{service="TutorAgent"} 1');
    expect(first.destroyed).toBe(false);
  });

  it("is closed when nobody acts for holdMs", async () => {
    const side = await startRouter({ holdMs: 50 });
    const client = await dial(side.port);
    client.write("\xff", "latin1");
    client.resume();
    await closed(client);
  });
});

describe("a connection that outlives its instance", () => {
  it("is closed when its target breaks", async () => {
    const side = await startRouter();
    const target = await echo();
    await side.open(target);
    const client = await dial(side.port);
    client.write("\xff", "latin1");
    await once(client, "data");
    await target.crash();
    await closed(client);
  });

  it("is closed after a switch as soon as it is owed nothing, and one that is owed an answer after tcpDrainMs", async () => {
    const side = await startRouter({ tcpDrainMs: 60_000, tcpQuietMs: 20 });
    let answer = () => {};
    const target = await tcpTarget((socket) => {
      socket.on("data", (bytes: Buffer) => {
        if (bytes.at(-1) === 1) socket.write("at once");
        else answer = () => void socket.write("late");
      });
    });
    await side.open(target);
    const [idle, owed] = [await dial(side.port), await dial(side.port)];
    idle.write("\xff\x01", "latin1");
    await once(idle, "data");
    idle.resume();
    owed.write("\xff\x02", "latin1");
    await until("the question", () => target.connections === 2 && `${answer}`.includes("late"));
    await side.open(await echo());
    await closed(idle);
    expect([owed.readableEnded, owed.destroyed]).toEqual([false, false]);
    const heard = readAll(owed);
    answer();
    expect(await heard).toBe("late");
  });

  it("and hangs is closed after tcpDrainMs", async () => {
    const side = await startRouter({ tcpDrainMs: 50 });
    await side.open(await tcpTarget((socket) => socket.resume()));
    const client = await dial(side.port);
    client.write("\xffquestion", "latin1");
    client.resume();
    await until("a carried client", async () => (await side.client.routes())[0]?.connections === 1);
    await side.open(await echo());
    await closed(client);
  });

  it("is cut at the end of the lease, before anything else reaches the old one", async () => {
    const side = await startRouter({ tcpDrainMs: 60_000 });
    const untilMs = monoMs() + 1_500;
    const target = await echo();
    await side.open(target, untilMs);
    const client = await dial(side.port);
    client.write("\xff", "latin1");
    await once(client, "data");
    client.resume();
    await closed(client);
    expect(monoMs()).toBeGreaterThanOrEqual(untilMs);
    expect((await side.client.routes())[0]).toMatchObject({ held: "expired", to: null });
    const waits = ask(side.port);
    await until("a waiting client", async () => (await side.client.routes())[0]?.waiting === 1);
    await side.open(await httpTarget((_, response) => void response.end("new")));
    expect((await waits).text).toBe("new");
  });
});
