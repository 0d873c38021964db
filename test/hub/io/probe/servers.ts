/** Small real servers for the probes to ask, each on a free port of loopback. */
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface TestServer {
  port: number;
  sockets: Set<Socket>;
  /** Number of connections so far. */
  connections: number;
  /** Closes as a killed process does: every connection is reset. */
  kill(): Promise<void>;
}

export const tcpServer = (onSocket: (socket: Socket) => void): Promise<TestServer> => listen(createServer(onSocket));
export const httpServer = (answer: RequestListener): Promise<TestServer> => listen(createHttpServer(answer));

/** A port of loopback where nobody listens. */
export async function freePort(): Promise<number> {
  const server = await tcpServer(() => {});
  await server.kill();
  return server.port;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function listen(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const test: TestServer = {
    port: 0,
    sockets,
    connections: 0,
    kill: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.resetAndDestroy();
      return closed;
    },
  };
  server.on("connection", (socket: Socket) => {
    test.connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.port = (server.address() as AddressInfo).port; // a TCP server's address is never a path
  onTestFinished(() => test.kill());
  return test;
}
