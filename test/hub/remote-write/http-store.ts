/** A store that takes remote writes over real HTTP, answers as it is told, and keeps what it took. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { uncompress } from "snappyjs";
import { WireReader } from "../../../hub/core/exposition/protobuf/wire.ts";
import { type ReadSeries, readRequest } from "../core/remote-write/read-request.ts";

export class HttpStore {
  /** What it answers next. */
  answer: {
    status: number;
    headers?: Record<string, string>;
    text?: string | ((asked: IncomingHttpHeaders) => string);
  } = { status: 204 };
  /** Answers nothing before `speak`. */
  isMute = false;
  readonly asked: IncomingHttpHeaders[] = [];
  readonly answered: number[] = [];
  readonly taken: ReadSeries[][] = [];
  readonly #server: Server;
  #held: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(port = 0): Promise<HttpStore> {
    const server = createServer();
    const store = new HttpStore(server);
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        store.asked.push(request.headers);
        if (store.isMute) store.#held.push(answer);
        else answer();
      });
      const answer = () => {
        const { status, headers = {}, text = "" } = store.answer;
        if (status < 300)
          store.taken.push(readRequest(new WireReader(uncompress(new Uint8Array(Buffer.concat(chunks))))));
        store.answered.push(status);
        response.writeHead(status, headers).end(typeof text === "string" ? text : text(request.headers));
      };
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return store;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on TCP
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/api/v1/write`;
  }

  /** What was asked while it was mute is answered. */
  speak(): void {
    this.isMute = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
