/** A server that takes what channels send, and answers as a test says. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface HttpReceiver {
  url: string;
  received: Received[];
  /** What it answers from now on; undefined: nothing at all. */
  status: number | undefined;
  /** Where a redirect leads. */
  location: string | undefined;
  /** With an answer that is no success. */
  says: string;
}

export async function httpReceiver(): Promise<HttpReceiver> {
  const receiver: HttpReceiver = {
    url: "",
    received: [],
    status: 200,
    location: undefined,
    says: "a word of the server",
  };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      if (receiver.status === 200)
        receiver.received.push({
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body,
        });
      const headers = receiver.location === undefined ? {} : { location: receiver.location };
      if (receiver.status !== undefined) response.writeHead(receiver.status, headers).end(receiver.says);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  return receiver;
}
