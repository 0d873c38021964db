/** Says on a Unix socket of this process alone whether it lives: the hub's port may answer for another process. */
import { createServer } from "node:http";
import { listenOn } from "../io/unix-socket.ts";

export class Liveness {
  readonly #path: string | undefined;
  readonly #server = createServer((_, response) => {
    response.writeHead(this.#reason === undefined ? 200 : 503, { "content-type": "text/plain; charset=utf-8" });
    response.end(`${this.#reason ?? "ok"}\n`);
  });
  #reason: string | undefined = "it does not act yet";

  /** @param path undefined where nobody asks */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  async open(): Promise<void> {
    if (this.#path !== undefined) await listenOn(this.#server, this.#path, "0600");
  }

  well(): void {
    this.#reason = undefined;
  }

  unwell(reason: string): void {
    this.#reason = reason;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
