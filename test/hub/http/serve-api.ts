/** Serves one API of the hub on a port of its own, which takes orders as that of a local run does, for a test that asks it as a client would. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, request, type ServerResponse } from "node:http";
import { createServer as createTlsServer, request as requestByTls } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { markLoopback } from "../../../hub/http/local-orders.ts";

export interface Said {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: of any API
  body: any;
  headers: IncomingMessage["headers"];
}

export type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Said>;

/**
 * Unlike fetch, it sends whatever headers it is told. A path that is none of the API's is answered with 418.
 *
 * @param certificate with which it speaks TLS
 */
export async function serveApi(
  api: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>,
  certificate?: { cert: string; key: string; ca: string },
): Promise<{ ask: Ask; origin: string }> {
  const answer: RequestListener = (asked, response) => {
    void api(asked, response).then((answered) => answered || response.writeHead(418).end("{}"));
  };
  const server =
    certificate === undefined
      ? createServer(answer)
      : createTlsServer({ cert: certificate.cert, key: certificate.key }, answer);
  server.on(certificate === undefined ? "connection" : "secureConnection", markLoopback);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on a port
  const ask: Ask = async (method, path, body, headers = {}) => {
    const sent = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const length = { "content-length": String(Buffer.byteLength(sent)) };
    const asking = { host: "127.0.0.1", port, method, path, headers: { ...length, ...headers } };
    const asked = certificate === undefined ? request(asking) : requestByTls({ ...asking, ca: certificate.ca });
    asked.end(sent);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return {
      status: response.statusCode ?? 0,
      body: JSON.parse((await text(response)) || "null"),
      headers: response.headers,
    };
  };
  return { ask, origin: `http${certificate === undefined ? "" : "s"}://127.0.0.1:${port}` };
}
