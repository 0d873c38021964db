import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { askPort, type PortAnswer, watchPort } from "../../../hub/io/port-watch.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";

const host = "127.0.0.1";
/** Longer than any test: a second question is one that something else than the clock brought about. */
const never = 600_000;
const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function listening(server: Server, port: number): Promise<Set<Socket>> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  ends.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
}

function watching(kind: "nats" | "http", port: number, intervalMs: number): PortAnswer[] {
  const answers: PortAnswer[] = [];
  const target = { host, port, kind };
  ends.push(watchPort({ target, intervalMs, deadlineMs: 20_000, report: (answer) => void answers.push(answer) }));
  return answers;
}

const greeting = () => createServer((socket) => void socket.write("INFO {}\r\n"));
const answering = () => createHttpServer((_, response) => void response.end("ok\n"));

describe("a watched port", () => {
  it.each([
    ["nats", greeting],
    ["http", answering],
  ] as const)("of %s is asked as soon as its last connection ends, and then refuses", async (kind, make) => {
    const [port = 0] = await freePorts(1);
    const server = make();
    const sockets = await listening(server, port);
    const answers = watching(kind, port, never);
    await until("an answer", () => answers.length > 0);
    server.close();
    for (const socket of sockets) socket.destroy();
    await until("the refusal", () => answers.length > 1);
    expect(answers).toEqual(["heard", "refused"]);
  });

  it("of http is asked again and again by one connection", async () => {
    const [port = 0] = await freePorts(1);
    const server = answering();
    let connections = 0;
    server.on("connection", () => connections++);
    await listening(server, port);
    const answers = watching("http", port, 10);
    await until("10 answers", () => answers.length >= 10);
    expect([...new Set(answers)]).toEqual(["heard"]);
    expect(connections).toBe(1);
  });

  it("of a server that closes each connection is never called refused", async () => {
    const [port = 0] = await freePorts(1);
    await listening(
      createHttpServer((_, response) => void response.writeHead(200, { connection: "close" }).end("ok\n")),
      port,
    );
    const answers = watching("http", port, 10);
    await until("10 answers", () => answers.length >= 10);
    expect([...new Set(answers)]).toEqual(["heard"]);
  });

  it("that takes connections and greets nobody is silent, and one that nobody has refuses", async () => {
    const [mute = 0, nobody = 0] = await freePorts(2);
    await listening(createServer(), mute);
    expect(await askPort({ host, port: mute, kind: "nats" }, 100)).toBe("silent");
    expect(await askPort({ host, port: nobody, kind: "nats" }, 20_000)).toBe("refused");
  });
});
