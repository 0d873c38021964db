/** A router that carries HTTP and bytes to real targets, over real sockets. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../../hub/io/log.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { RouterConfig } from "../../../hub/router/config.ts";
import { Router } from "../../../hub/router/router.ts";
import { freePorts } from "../../support/free-ports.ts";
import { holds, type Outcome, type Subject, type Target } from "../engine/target.ts";
import { answers, askHttp, becomes, deeds, play } from "./sockets.ts";

const failures = /connection\.failed|http\.failed/;

async function open(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), "tandem-fuzz-router-"));
  let asked = 0;
  const speaking = createHttpServer((request, response) => {
    asked++;
    request.on("error", () => {}).resume();
    request.on("end", () => response.end("hello"));
  });
  const echoing = createServer({ allowHalfOpen: true }, (socket) => void socket.on("error", () => {}).pipe(socket));
  const [http, tcp] = [await listening(speaking), await listening(echoing)];
  const [httpPort = 0, tcpPort = 0] = await freePorts(2);
  const failed: string[] = [];
  const config = RouterConfig.parse({
    v: 1,
    machine: "mainpc",
    socket: join(folder, "router.sock"),
    listenHost: "127.0.0.1",
    stateFile: join(folder, "epochs.json"),
    routes: [
      { service: "Speaking", port: httpPort, protocol: "auto" },
      { service: "Echoing", port: tcpPort, protocol: "auto" },
    ],
    limits: {
      holdMs: 400,
      takeoverWaitMs: 300,
      firstBytesMs: 10,
      tcpHalfClosedMs: 300,
      tcpIdleMs: 2_000,
      httpIdleMs: 2_000,
      drainMs: 200,
    },
  });
  const router = new Router(
    config,
    createLog("fuzz", (line) => failures.test(line) && failed.push(line)),
  );
  // Its socket for words is none of a client's, and a thread may not set what that needs.
  await router.listen(false);
  const word = (service: string, port: number) => ({
    service,
    epoch: 2,
    to: { host: "127.0.0.1", port },
    untilMonoMs: null,
  });
  await router.put([word("Speaking", http), word("Echoing", tcp)], monoMs());
  const busy = () =>
    router
      .routes()
      .map(({ connections, waiting }) => `${connections}+${waiting}`)
      .join(" ");
  const run = async (input: Buffer): Promise<Outcome> => {
    const before = asked;
    await play(input, [httpPort, tcpPort]);
    await answers(() => askHttp(httpPort, "/"), "200 hello");
    await answers(() => echo(tcpPort), "\x01hello");
    await becomes(busy, "0+0 0+0");
    holds(failed.length === 0, `the router failed at a connection: ${failed[0]}`);
    return asked > before + 1 ? "taken" : "refused";
  };
  const close = async () => {
    await router.stop();
    speaking.closeAllConnections();
    speaking.close();
    echoing.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { run, close };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port; // a TCP server has one
}

async function echo(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end("\x01hello");
  let said = "";
  for await (const part of socket.setEncoding("latin1")) said += part;
  return said;
}

const asks = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
const posts = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";

export const targets: readonly Target[] = [
  {
    name: "router",
    about: "clients of any manners at a router's ports",
    form: "bytes",
    tokens: [
      ...deeds,
      "~~1",
      "~~0",
      "GET ",
      "POST ",
      "HEAD ",
      "CONNECT x:1",
      " HTTP/1.1\r\n",
      " HTTP/1.0\r\n",
      "\r\n\r\n",
      "Host: x\r\n",
      "Content-Length: 3\r\n",
      "Content-Length: 5000000\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Connection: close\r\n",
      "Connection: Upgrade\r\nUpgrade: x\r\n",
      "Connection: keep-alive, X-A\r\nX-A: 1\r\n",
      "Expect: 100-continue\r\n",
      "Trailer: X\r\n",
      "TE: trailers\r\n",
      "3\r\nabc\r\n",
      "0\r\n\r\n",
      "0\r\nX: 1\r\n\r\n",
      asks,
    ],
    seeds: () => [
      asks,
      asks + posts + asks,
      `${posts.slice(0, 40)}~~p${posts.slice(40)}~~e`,
      `${asks}~~x~~r`,
      `~~1\x01bytes~~p more~~e~~w`,
      `GE~~p~~nGET~~w`,
      `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n~~p0\r\nX: 1\r\n\r\n`,
    ],
    covers: /^hub\/(router|core\/router)/,
    maxBytes: 8_192,
    stretchBytes: 0,
    open,
  },
];
