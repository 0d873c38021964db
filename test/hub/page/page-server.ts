/** Serves the page, its assets and its answers as a hub does, from views that a test sets and events that it sends. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FleetView, HubEvent, LedgerView } from "../../../hub/http/api.ts";
import { pageAssets } from "../../../hub/page/assets.ts";
import { renderPage } from "../../../hub/page/render.ts";

/** As the hub's, so that what it forbids shows here too. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/** A living hub tells its view each second. */
const speakEveryMs = 1_000;

export class PageServer {
  fleet: FleetView;
  ledger: LedgerView;
  /** The only other origin whose page may read the answers, as a hub allows its peer's. */
  peerOrigin: string | undefined;
  readonly #server: Server;
  readonly #listeners = new Set<ServerResponse>();
  readonly #speaking = setInterval(() => this.send({ type: "fleet", fleet: this.fleet }), speakEveryMs);

  private constructor(fleet: FleetView, ledger: LedgerView) {
    this.fleet = fleet;
    this.ledger = ledger;
    this.#server = createServer((request, response) => this.#answer(request.url ?? "/", response));
  }

  static async start(fleet: FleetView, ledger: LedgerView): Promise<PageServer> {
    const server = new PageServer(fleet, ledger);
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

  async close(): Promise<void> {
    clearInterval(this.#speaking);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(url: string, response: ServerResponse): void {
    if (this.peerOrigin !== undefined) response.setHeader("access-control-allow-origin", this.peerOrigin);
    const send = (type: string, text: string) => response.writeHead(200, { "content-type": type }).end(text);
    switch (url.split("?", 1)[0]) {
      case "/":
        response.setHeader("content-security-policy", policy);
        return void send("text/html; charset=utf-8", renderPage(this.fleet, this.ledger));
      case "/assets/page.js":
        return void send("text/javascript; charset=utf-8", pageAssets().script);
      case "/assets/page.css":
        return void send("text/css; charset=utf-8", pageAssets().style);
      case "/api/v1/ledger":
        return void send("application/json", JSON.stringify(this.ledger));
      case "/api/v1/events":
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(textOf({ type: "fleet", fleet: this.fleet }));
        this.#listeners.add(response);
        return void response.on("close", () => this.#listeners.delete(response));
      default:
        return void response.writeHead(404).end();
    }
  }
}

const textOf = (event: HubEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
