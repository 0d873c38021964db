/** Tells what happens at the router to all who listen, a line of JSON each; one who does not read is dropped. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RouterEvent } from "../core/router/word.ts";
import { monoMs } from "../io/mono-clock.ts";
import type { RouteEvent } from "./route.ts";

/** An empty line so often, so that a listener knows a quiet router from a dead one, ms. */
export const emptyLineMs = 1_000;
const maxUnreadBytes = 1024 * 1024;

export class EventStream {
  readonly incarnation = randomUUID();
  readonly #listeners = new Set<ServerResponse>();
  readonly #timer = setInterval(() => this.#write("\n"), emptyLineMs);

  serve(_: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    response.once("close", () => this.#listeners.delete(response));
    response.on("error", () => {});
    response.write(line({ type: "hello", incarnation: this.incarnation, atMonoMs: monoMs() }));
    this.#listeners.add(response);
  }

  tell(event: RouteEvent): void {
    this.#write(line({ ...event, atMonoMs: monoMs() }));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.leave();
  }

  /** Ends the streams; there may be others later. */
  leave(): void {
    for (const listener of this.#listeners) listener.end();
  }

  #write(text: string): void {
    for (const listener of this.#listeners) {
      if (listener.writableLength > maxUnreadBytes) listener.destroy();
      else listener.write(text);
    }
  }
}

const line = (event: RouterEvent) => `${JSON.stringify(event)}\n`;
