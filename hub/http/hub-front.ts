/** What answers a request to the hub: one table of paths, with a deadline for every answer that is not a stream. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { heartbeatPath } from "../io/heartbeat-sender.ts";
import type { PageAssets } from "../page/assets.ts";
import { whyNotHost } from "./asked-host.ts";
import type { Front } from "./entrance.ts";
import { graphPath } from "./graph-json.ts";
import { openApiPath } from "./operations/reading.ts";
import { Places } from "./places.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Answers what is its own; resolves with false, without an answer given, for every other path. */
export type Api = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface ServerRoutes {
  /** Whether the hub has read its records back and takes pushes; a reason when not. */
  unready(): string | undefined;
  /** Asked in this order. */
  apis: readonly Api[];
  metricsText(): Promise<string>;
  /** Told of each reader of these that found no place. */
  onRefusedReader?(): void;
  /** What describes all of this. */
  openApi(): string;
  fleet(): unknown;
  ledger(): unknown;
  alerts(): unknown;
  graph(): unknown;
  events: Handler;
  heartbeats: Handler;
  page(): string;
  /** Further pages by path, made of the query. @default none */
  pages?: ReadonlyMap<string, (query: URLSearchParams) => string>;
  assets: PageAssets;
  /** Public names that the hub answers to. */
  hosts: ReadonlySet<string>;
  /** The peer's hub, whose page may read this hub's answers from a browser. */
  peerOrigin: string;
}

export interface AnswerDeadlines {
  /** An answer that nobody takes for this long is dropped, ms. */
  stallMs: number;
  /** An answer must have been taken whole by then, ms: who reads it bit by bit would hold its text for ever. */
  wholeMs: number;
}

const defaultDeadlines: AnswerDeadlines = { stallMs: 15_000, wholeMs: 60_000 };
/** Answers to `GET /metrics` under way at once: each may be as large as all that was ever pushed. */
const maxMetricsAnswers = 16;
/** Of one address, so that a slow reader does not keep Prometheus out. */
const maxMetricsAnswersOfAddress = 8;

export function createHubFront(routes: ServerRoutes, deadlines = defaultDeadlines): Front {
  const table = routeTable(routes);
  return (request, response) => handle({ routes, table, deadlines }, request, response);
}

interface Answering {
  routes: ServerRoutes;
  table: Map<string, Handler>;
  deadlines: AnswerDeadlines;
}

async function handle(
  { routes, table, deadlines }: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const whyNot = whyNotHost(request.headers.host, routes.hosts);
  if (whyNot !== undefined) return send(response, 421, "text/plain", `${whyNot}\n`);
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  if (request.headers.origin === routes.peerOrigin) {
    response.setHeader("access-control-allow-origin", routes.peerOrigin);
    response.setHeader("vary", "origin");
  }
  const streams = path === "/api/v1/events" || path === heartbeatPath;
  if (streams && request.method === "HEAD") return send(response, 200, "text/plain", "");
  const reads = request.method === "GET" || request.method === "HEAD";
  // An order is answered when it is carried out.
  if (!streams && (reads || !path.startsWith("/api/v1/services/"))) bound(request, response, deadlines);
  const handler = table.get(path);
  if (handler !== undefined && reads) return await handler(request, response);
  for (const api of routes.apis) if (await api(request, response)) return;
  if (handler !== undefined) send(response, 405, "text/plain", `${path} answers GET only\n`);
  else send(response, 404, "text/plain", `nothing at ${path}; the page is at /, the fleet at /api/v1/fleet\n`);
}

function bound({ socket }: IncomingMessage, response: ServerResponse, { stallMs, wholeMs }: AnswerDeadlines): void {
  response.setTimeout(stallMs, () => socket.destroy());
  const overdue = setTimeout(() => socket.destroy(), wholeMs);
  response.once("close", () => clearTimeout(overdue));
}

function routeTable(routes: ServerRoutes): Map<string, Handler> {
  const ready: Handler = (_, response) => {
    const reason = routes.unready();
    send(response, reason === undefined ? 200 : 503, "text/plain", reason === undefined ? "ok\n" : `${reason}\n`);
  };
  const alive: Handler = (_, response) => send(response, 200, "text/plain", "ok\n");
  const json =
    (read: () => unknown): Handler =>
    (_, response) =>
      send(response, 200, "application/json", `${JSON.stringify(read())}\n`);
  // An empty list would say that all is well.
  const alerts: Handler = (request, response) =>
    routes.unready() === undefined ? json(routes.alerts)(request, response) : ready(request, response);
  const pages = [...(routes.pages ?? [])].map(([path, write]): [string, Handler] => [
    path,
    ({ url = "/" }, response) => sendPage(response, write(new URLSearchParams(url.split("?")[1])), routes.peerOrigin),
  ]);
  return new Map<string, Handler>([
    ...pages,
    ["/livez", alive],
    ["/-/healthy", alive],
    ["/readyz", ready],
    ["/-/ready", ready],
    ["/metrics", metricsHandler(routes)],
    ["/api/v1/fleet", json(routes.fleet)],
    ["/api/v1/ledger", json(routes.ledger)],
    [openApiPath, (_, response) => send(response, 200, "application/json", routes.openApi())],
    ["/api/v1/alerts", alerts],
    [graphPath, json(routes.graph)],
    ["/api/v1/events", routes.events],
    [heartbeatPath, routes.heartbeats],
    ["/", (_, response) => sendPage(response, routes.page(), routes.peerOrigin)],
    ["/assets/page.js", asset("text/javascript", routes.assets.script)],
    ["/assets/charts.js", asset("text/javascript", routes.assets.charts)],
    ["/assets/page.css", asset("text/css", routes.assets.style)],
  ]);
}

function metricsHandler({ metricsText, onRefusedReader }: ServerRoutes): Handler {
  const underWay = new Places(maxMetricsAnswers, maxMetricsAnswersOfAddress);
  return async (request, response) => {
    const most = underWay.take(request, response);
    if (most !== undefined) {
      onRefusedReader?.();
      response.setHeader("retry-after", "1");
      return send(response, 503, "text/plain", `answers of all metrics are being read already, ${most}\n`);
    }
    send(response, 200, "text/plain; version=0.0.4", await metricsText());
  };
}

const asset =
  (type: string, text: string): Handler =>
  (_, response) =>
    send(response, 200, type, text);

function sendPage(response: ServerResponse, html: string, peerOrigin: string): void {
  response.setHeader(
    "content-security-policy",
    `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${peerOrigin}; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  );
  send(response, 200, "text/html", html);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  const contentType = type.includes(";") ? type : `${type}; charset=utf-8`;
  const headers = { "content-type": contentType, "cache-control": "no-store", "x-content-type-options": "nosniff" };
  response.writeHead(status, headers).end(text);
}
