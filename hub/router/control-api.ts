/** The router's own front on a unix socket: words in, the state of its routes, events and metrics out. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import { type PutAnswer, type RouteView, type RouteWord, RouteWords, sentHeader } from "../core/router/word.ts";
import { type Log, messageOf } from "../io/log.ts";
import { monoMs } from "../io/mono-clock.ts";
import { readBody } from "../io/read-body.ts";
import { listenOn } from "../io/unix-socket.ts";

export interface ControlApiOptions {
  put(words: RouteWord[], sentMs: number): Promise<PutAnswer>;
  routes(): RouteView[];
  metrics(): Promise<string>;
  events(request: IncomingMessage, response: ServerResponse): void;
  log: Log;
}

const maxBodyBytes = 1024 * 1024;
const requestMs = 5_000;

export class ControlApi {
  readonly #server: Server;
  readonly #options: ControlApiOptions;

  constructor(options: ControlApiOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs, keepAliveTimeout: 60_000 });
    this.#server.on("request", (request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        options.log.error("control.failed", { url: request.url, error: messageOf(error) });
        if (response.headersSent) response.destroy();
        else send(response, 500, "text/plain", `${messageOf(error)}\n`);
      });
    });
  }

  /** @throws Error when another router answers there */
  async listen(path: string, mode: string): Promise<void> {
    await listenOn(this.#server, path, mode);
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { routes, metrics, events } = this.#options;
    switch (`${request.method} ${request.url}`) {
      case "PUT /v1/routes":
        return await this.#put(request, response);
      case "GET /v1/routes":
        return json(response, 200, routes());
      case "GET /v1/events":
        return events(request, response);
      case "GET /metrics":
        return send(response, 200, "text/plain; version=0.0.4", await metrics());
      default:
        return send(response, 404, "text/plain", "PUT or GET /v1/routes, GET /v1/events, GET /metrics\n");
    }
  }

  async #put(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, maxBodyBytes);
    if (body === undefined) return send(response, 413, "text/plain", `more than ${maxBodyBytes} bytes\n`);
    const parsed = RouteWords.safeParse(parseJson(body));
    if (!parsed.success) return send(response, 400, "text/plain", `${z.prettifyError(parsed.error)}\n`);
    const sent = Number(request.headers[sentHeader] ?? Number.NaN);
    const answer = await this.#options.put(parsed.data, Number.isFinite(sent) ? sent : monoMs());
    json(response, answer.refused.length === 0 ? 200 : 409, answer);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const json = (response: ServerResponse, status: number, value: unknown) =>
  send(response, status, "application/json", `${JSON.stringify(value)}\n`);

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(text);
}
