/** A router on ports of this computer, and targets that answer by their name. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type RequestListener,
  type RequestOptions,
  request,
} from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { RouterLimits } from "../../../hub/core/router/limits.ts";
import type { RouteTarget, RouteWord } from "../../../hub/core/router/word.ts";
import { createLog } from "../../../hub/io/log.ts";
import { RouterClient } from "../../../hub/io/router-client.ts";
import { type RouteConfig, RouterConfig } from "../../../hub/router/config.ts";
import { Router } from "../../../hub/router/router.ts";
import { freePorts } from "../../support/free-ports.ts";

export const service = "TutorAgent";

export interface RouterSide {
  port: number;
  config: RouterConfig;
  router: Router;
  client: RouterClient;
  /** Opens the route, with an epoch higher than the last. */
  open(to: RouteTarget, untilMonoMs?: number | null): Promise<void>;
  hold(): Promise<void>;
}

export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-router-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function startRouter(
  limits: Partial<RouterLimits> = {},
  protocol: RouteConfig["protocol"] = "auto",
): Promise<RouterSide> {
  const folder = scratchFolder();
  const [port = 0] = await freePorts(1);
  const config = RouterConfig.parse({
    v: 1,
    machine: "mainpc",
    socket: join(folder, "router.sock"),
    listenHost: "127.0.0.1",
    stateFile: join(folder, "epochs.json"),
    routes: [{ service, port, protocol }],
    limits: { drainMs: 20_000, ...limits },
  });
  const router = await runRouter(config);
  const client = new RouterClient({ socket: config.socket, deadlineMs: 20_000, silenceMs: 20_000 });
  onTestFinished(() => client.stop());
  let epoch = 0;
  const put = async (word: Omit<RouteWord, "service" | "epoch">) => {
    const refused = await client.put([{ service, epoch, ...word }]);
    if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`);
  };
  return {
    port,
    config,
    router,
    client,
    open: (to, untilMonoMs = null) => {
      epoch++;
      return put({ to: { host: to.host, port: to.port }, untilMonoMs });
    },
    hold: () => put({ to: null, untilMonoMs: null }),
  };
}

export async function runRouter(config: RouterConfig): Promise<Router> {
  const router = new Router(
    config,
    createLog("test", () => {}),
  );
  await router.start();
  onTestFinished(() => router.stop());
  return router;
}

export interface Target extends RouteTarget {
  /** Connections that were ever made to it. */
  readonly connections: number;
  /** Ends it with all its connections, as a crash does. */
  crash(): Promise<void>;
}

export async function httpTarget(
  handler: RequestListener,
  set: (server: HttpServer) => void = () => {},
  port = 0,
): Promise<Target> {
  const server = createHttpServer({ keepAliveTimeout: 60_000 }, handler);
  set(server);
  return await listening(server, port);
}

export async function tcpTarget(handler: (socket: Socket) => void): Promise<Target> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    handler(socket);
  });
  return await listening(server);
}

async function listening(server: Server, at = 0): Promise<Target> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(at, "127.0.0.1");
  await once(server, "listening");
  const crash = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  onTestFinished(crash);
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return {
    host: "127.0.0.1",
    port,
    get connections() {
      return connections;
    },
    crash,
  };
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  trailers: Record<string, string | undefined>;
  text: string;
}

export function ask(port: number, options: RequestOptions = {}, body?: string | string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, ...options });
    asked.once("error", reject);
    asked.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, trailers: response.trailers, text }),
      );
    });
    if (Array.isArray(body)) for (const part of body) asked.write(part);
    asked.end(Array.isArray(body) ? undefined : body);
  });
}

/** A client's bare connection, ended with the test. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** All that comes until the other side ends or breaks. */
export async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  await new Promise<void>((resolve) => socket.once("end", resolve).once("close", () => resolve()));
  return text;
}
