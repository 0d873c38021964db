/** `GET /api/v1/events`: what changes, as server-sent events, to a bounded number of listeners. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HubEvent } from "./api.ts";
import { Places } from "./places.ts";

const maxListeners = 64;
/** One reader with many windows open, and no more. */
const maxListenersOfAddress = 16;
/** A listener that reads slower than this piles up is dropped; its browser reconnects, bytes. */
const maxBacklogBytes = 1024 * 1024;
/** What a browser waits before it reconnects, ms. */
const retryMs = 500;

export class EventFeed {
  readonly #listeners = new Places(maxListeners, maxListenersOfAddress);

  get listeners(): number {
    return this.#listeners.size;
  }

  send(event: HubEvent): void {
    if (this.#listeners.size === 0) return;
    const text = render(event);
    for (const listener of this.#listeners.answers()) {
      if (listener.writableLength > maxBacklogBytes) listener.destroy();
      else listener.write(text);
    }
  }

  /**
   * @param first sent at once, so that a listener need not wait for news
   * @returns whether there was a place
   */
  serve(request: IncomingMessage, response: ServerResponse, first: HubEvent): boolean {
    const most = this.#listeners.take(request, response);
    if (most !== undefined) {
      response.writeHead(503, { "retry-after": "5" }).end(`${most} listeners are served already\n`);
      return false;
    }
    request.socket.setNoDelay(true);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(`retry: ${retryMs}\n\n${render(first)}`);
    response.on("error", () => {});
    return true;
  }

  stop(): void {
    for (const listener of this.#listeners.answers()) listener.end();
  }
}

const render = (event: HubEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
