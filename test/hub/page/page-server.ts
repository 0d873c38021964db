/** Serves the page, its assets and its answers as a hub does, from views that a test sets and events that it sends. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { FleetView, HubEvent, LedgerView } from "../../../hub/http/api.ts";
import type { SessionView } from "../../../hub/http/session-json.ts";
import { pageAssets } from "../../../hub/page/assets.ts";
import { renderPage } from "../../../hub/page/render.ts";
import { runbookPages } from "../../../hub/page/runbooks/pages.ts";
import { type SectionName, type Sections, sources } from "../../../hub/page/sections.ts";

/** As the hub's, so that what it forbids shows here too. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/** A living hub tells its view each second. */
const speakEveryMs = 1_000;

export interface Order {
  method: string;
  path: string;
  body: unknown;
}

export class PageServer {
  fleet: FleetView;
  ledger: LedgerView;
  /** What is not among them is answered with 404, as an older hub does. */
  sections: Sections;
  /** Instead of an answer: a hub that reads its records back. */
  refusal: string | undefined;
  /** The code that signs in, and as whom; a hub of an earlier version knows none. */
  signIn: { code: string; session: SessionView } | undefined;
  /** What came to the page's own hub, in order; each is answered with `orderAnswer`. */
  readonly orders: Order[] = [];
  orderAnswer: { status: number; body: unknown } = { status: 200, body: {} };
  /** Paths that get no answer. */
  readonly unanswered = new Set<string>();
  /** Paths whose requests end without an answer, as when the hub dies meanwhile. */
  readonly cut = new Set<string>();
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** The only other origin whose page may read the answers, as a hub allows its peer's. */
  peerOrigin: string | undefined;
  #signedIn = false;
  readonly #server: Server;
  readonly #listeners = new Set<ServerResponse>();
  readonly #speaking = setInterval(() => this.send({ type: "fleet", fleet: this.fleet }), speakEveryMs);

  private constructor(fleet: FleetView, ledger: LedgerView, sections: Sections) {
    this.fleet = fleet;
    this.ledger = ledger;
    this.sections = sections;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(fleet: FleetView, ledger: LedgerView, sections: Sections = {}): Promise<PageServer> {
    const server = new PageServer(fleet, ledger, sections);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on a port, not on a pipe
    return `http://127.0.0.1:${port}`;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  send(event: HubEvent): void {
    for (const listener of this.#listeners) listener.write(textOf(event));
  }

  /** Ends all streams of events, which the page then asks for again. */
  hangUp(): void {
    for (const listener of this.#listeners) listener.destroy();
  }

  async close(): Promise<void> {
    clearInterval(this.#speaking);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const path = url.split("?", 1)[0] ?? "/";
    this.asked.push(url);
    if (this.unanswered.has(path)) return;
    if (this.cut.has(path)) return void request.destroy();
    if (this.peerOrigin !== undefined) response.setHeader("access-control-allow-origin", this.peerOrigin);
    const send = (type: string, body: string) => response.writeHead(200, { "content-type": type }).end(body);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (method !== "GET") return void this.#take(method, path, await text(request), json);
    const { script, charts, style } = pageAssets();
    switch (path) {
      case "/":
        response.setHeader("content-security-policy", policy);
        return void send("text/html; charset=utf-8", renderPage(this.fleet, this.ledger, this.#rendered()));
      case "/assets/page.js":
        return void send("text/javascript; charset=utf-8", script);
      case "/assets/charts.js":
        return void send("text/javascript; charset=utf-8", charts);
      case "/assets/page.css":
        return void send("text/css; charset=utf-8", style);
      case "/api/v1/ledger":
        return void json(200, this.ledger);
      case "/api/v1/session":
        return void (this.#signedIn ? json(200, this.signIn?.session) : json(401, { error: "nobody is signed in" }));
      case "/api/v1/events":
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(textOf({ type: "fleet", fleet: this.fleet }));
        this.#listeners.add(response);
        return void response.on("close", () => this.#listeners.delete(response));
      default:
        if (path.startsWith("/runbooks/")) return void this.#runbook(path, url, response);
        return void this.#tell(path, new URL(url, "http://hub").searchParams, json);
    }
  }

  #runbook(path: string, url: string, response: ServerResponse): void {
    const { runbooks, hash } = pageAssets();
    const sight = () => ({ ...this.fleet, services: this.sections.services ?? [] });
    const write = runbookPages({ runbooks, version: hash, sight }).get(path);
    if (write === undefined) return void response.writeHead(404).end();
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
    response.writeHead(200, headers).end(write(new URL(url, "http://hub").searchParams));
  }

  #tell(path: string, query: URLSearchParams, json: Json): unknown {
    const name = (Object.keys(sources) as SectionName[]).find((each) => sources[each].path.split("?", 1)[0] === path); // its own keys
    const value = name === undefined ? undefined : this.sections[name];
    if (value === undefined) return json(404, { error: `nothing at ${path}` });
    if (this.refusal !== undefined) return json(503, { error: this.refusal });
    const until = query.get("until");
    const { timeline } = this.sections;
    if (name !== "timeline" || timeline === undefined) return json(200, value);
    // A hub's answer has its newest entries only: here those of today, and a page of what was until then.
    const entries = timeline.entries.filter(({ at }) => (until === null ? at >= this.#today() : at < until));
    json(200, { ...timeline, entries });
  }

  #take(method: string, path: string, text: string, json: Json): unknown {
    const body: unknown = JSON.parse(text || "{}");
    if (path === "/api/v1/session") {
      const code = typeof body === "object" && body !== null && "code" in body ? body.code : undefined;
      this.#signedIn = method === "POST" && this.signIn !== undefined && code === this.signIn.code;
      if (this.#signedIn) return json(200, this.signIn?.session);
      return method === "DELETE" ? json(200, {}) : json(403, { error: "this code was used already, or is none" });
    }
    this.orders.push({ method, path, body });
    json(this.orderAnswer.status, this.orderAnswer.body);
  }

  /** What a hub puts into the page itself. */
  #rendered(): Sections {
    if (this.refusal !== undefined) return {};
    const { agentHistory: _, history: __, timeline, ...sections } = this.sections;
    if (timeline === undefined) return sections;
    return {
      ...sections,
      timeline: { ...timeline, entries: timeline.entries.filter(({ at }) => at >= this.#today()) },
    };
  }

  #today(): string {
    const at = new Date(this.fleet.now);
    return new Date(at.getFullYear(), at.getMonth(), at.getDate()).toISOString();
  }
}

type Json = (status: number, body: unknown) => unknown;

const textOf = (event: HubEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
