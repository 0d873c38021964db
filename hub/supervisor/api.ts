/** The supervisor's front: HTTP on a unix socket, for the hub of the same machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import {
  type ServiceWord,
  ServiceWords,
  type SupervisedService,
  type SupervisorAnswer,
} from "../core/supervisor/word.ts";
import { messageOf } from "../io/log.ts";
import { readBody } from "../io/read-body.ts";

export interface SupervisorRoutes {
  put(words: readonly ServiceWord[]): Promise<SupervisorAnswer>;
  services(): SupervisedService[];
  metrics(): Promise<{ type: string; text: string }>;
}

const maxBodyBytes = 512 * 1024;
const maxConnections = 64;

export function createSupervisorServer(routes: SupervisorRoutes): Server {
  const server = createServer({ headersTimeout: 2_000, requestTimeout: 5_000, connectionsCheckingInterval: 500 });
  server.maxConnections = maxConnections;
  server.on("request", (request, response) => {
    // An answer is small; who does not take it is gone.
    response.setTimeout(5_000, () => request.socket.destroy());
    handle(routes, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, `${messageOf(error)}\n`);
    });
  });
  return server;
}

async function handle(routes: SupervisorRoutes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0];
  const reads = request.method === "GET";
  if (path === "/livez" && reads) return sendText(response, 200, "ok\n");
  if (path === "/metrics" && reads) {
    const { type, text } = await routes.metrics();
    return send(response, 200, type, text);
  }
  if (path !== "/v1/services") return sendText(response, 404, "the services are at /v1/services\n");
  if (reads) return sendJson(response, 200, { services: routes.services(), refused: [] } satisfies SupervisorAnswer);
  if (request.method !== "PUT") return sendText(response, 405, "/v1/services answers GET and PUT\n");
  const body = await readBody(request, maxBodyBytes);
  if (body === undefined) return sendText(response, 413, `more than ${maxBodyBytes} bytes\n`);
  const words = wordsOf(body);
  if (typeof words === "string") return sendText(response, 400, `${words}\n`);
  const answer = await routes.put(words);
  sendJson(response, answer.refused.length > 0 ? 409 : 200, answer);
}

function wordsOf(body: string): ServiceWord[] | string {
  try {
    const parsed = ServiceWords.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : z.prettifyError(parsed.error);
  } catch (error) {
    return messageOf(error);
  }
}

const sendText = (response: ServerResponse, status: number, text: string) =>
  send(response, status, "text/plain; charset=utf-8", text);
const sendJson = (response: ServerResponse, status: number, value: unknown) =>
  send(response, status, "application/json", `${JSON.stringify(value)}\n`);

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type }).end(text);
}
