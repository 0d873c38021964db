/** Speaks the three calls of a Docker engine that the supervisor uses, on a unix socket, and writes down what was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface EngineContainer {
  Id: string;
  State: "created" | "running" | "exited" | "paused";
  Labels: Record<string, string>;
}

export class EngineServer {
  readonly containers: EngineContainer[];
  /** Method, path and query of each call that changes something, and of each that a real engine would not know. */
  readonly calls: string[] = [];
  readonly #server: Server;
  /** Answers nothing while true. */
  hangs = false;
  /** Starts are refused with this. */
  refusal: string | undefined;
  /** How often it was asked what there is. */
  lists = 0;
  /** Starts wait while true, as with a large image or a slow disk, until `carryOn`. */
  startsWait = false;
  readonly #waiting: (() => void)[] = [];

  constructor(containers: EngineContainer[]) {
    this.containers = containers;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve) => this.#server.listen(path, resolve));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Carries out the starts that wait. */
  carryOn(): void {
    this.startsWait = false;
    for (const start of this.#waiting.splice(0)) start();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    if (this.hangs) return;
    const url = new URL(request.url ?? "/", "http://engine");
    const say = (status: number, value?: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(value && JSON.stringify(value));
    if (request.method === "GET" && url.pathname === "/containers/json") {
      this.lists++;
      const { label } = JSON.parse(url.searchParams.get("filters") ?? '{"label":[]}') as { label: string[] }; // ours
      const all = url.searchParams.get("all") === "1";
      const matching = this.containers.filter(
        ({ State, Labels }) => (all || State === "running") && label.every((name) => name in Labels),
      );
      return void say(200, matching);
    }
    this.calls.push(`${request.method} ${request.url}`);
    const [, id, verb] = /^\/containers\/([^/]+)\/(start|stop)$/.exec(url.pathname) ?? [];
    const container = this.containers.find(({ Id }) => Id === id);
    if (request.method !== "POST" || container === undefined) return void say(404, { message: "No such container" });
    if (verb === "start" && this.refusal !== undefined) return void say(500, { message: this.refusal });
    const wanted = verb === "start" ? "running" : "exited";
    const carryOut = () => {
      const changes = container.State !== wanted;
      container.State = wanted;
      say(changes ? 204 : 304);
    };
    if (verb === "start" && this.startsWait) this.#waiting.push(carryOut);
    else carryOut();
  }
}
