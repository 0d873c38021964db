/** One stand-in agent: the sockets that a real one has, answering as it does, with faults to be given and taken. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { OperatorError } from "../../error.ts";
import { AgentMetrics } from "./agent-metrics.ts";
import type { HostedAgent } from "./config.ts";
import { type Fault, healthOf } from "./fault.ts";
import { serveRep } from "./rep-server.ts";

type Role = "service" | "health" | "http";

/** What some real agents' frameworks answer, with status 200, when their metrics cannot be made. */
const errorPage =
  "<!DOCTYPE html>\n<html><head><title>500 Internal Server Error</title></head><body>The metrics failed</body></html>\n";

export class Agent {
  readonly config: HostedAgent;
  readonly machine: string;
  readonly metrics = new AgentMetrics(Date.now() / 1000);
  #fault: Fault = { kind: "none" };
  #servers: Server[] = [];
  readonly #connections = new Set<Socket>();
  readonly #startedMs = performance.now();
  /** Faults are changed one after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(config: HostedAgent, machine: string) {
    this.config = config;
    this.machine = machine;
  }

  get fault(): Fault {
    return this.#fault;
  }

  /** @throws OperatorError that names the agent and the port when one cannot be bound; then it listens nowhere */
  async listen(): Promise<void> {
    const { kind, port, healthPort, httpPort } = this.config;
    const wanted: [Role, number, () => Server][] = [
      ["health", healthPort, () => this.#healthServer(kind)],
      ["http", httpPort, () => this.#httpServer()],
      ["service", port, () => this.#serviceServer()],
    ];
    const open = wanted.filter(([, at], index) => wanted.findIndex(([, other]) => other === at) === index);
    const bound = await Promise.allSettled(open.map(([role, at, create]) => this.#bind(create(), role, at)));
    const failed = bound.find((outcome) => outcome.status === "rejected");
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  /** @throws OperatorError when a crashed agent's ports were taken meanwhile; then it stays crashed */
  setFault(fault: Fault): Promise<void> {
    const change = this.#changing.then(() => this.#change(fault));
    this.#changing = change.catch(() => {});
    return change;
  }

  /** Resets every connection, so that clients learn of it at once and no port lingers. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    this.#servers = [];
    this.#reset();
    await Promise.all(closed);
  }

  async #change(fault: Fault): Promise<void> {
    const before = this.#fault.kind;
    if (fault.kind === "crashed") {
      this.#fault = fault;
      await this.close();
      return;
    }
    if (before === "crashed") await this.listen();
    this.#fault = fault;
    // Whoever waited on the hung agent is let go, as by the restart that heals a real one.
    if (before === "hung" && fault.kind !== "hung") this.#reset();
  }

  #reset(): void {
    for (const socket of this.#connections) socket.resetAndDestroy();
  }

  #bind(server: Server, role: Role, port: number): Promise<void> {
    server.on("connection", (socket: Socket) => {
      this.#connections.add(socket);
      socket.on("close", () => this.#connections.delete(socket));
      // Clients may reset as they like; nothing here depends on them.
      socket.on("error", () => {});
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(this.#cannotBind(error, role, port)));
      server.listen({ host: this.config.host, port }, resolve);
    });
  }

  #cannotBind(error: NodeJS.ErrnoException, role: Role, port: number): OperatorError {
    const { name, host } = this.config;
    const socket = role === "service" ? "port" : `${role} port`;
    const why = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
    const next = `See who holds it with: ss -ltnp 'sport = :${port}'. Stop that, or move all ports with --port-offset`;
    return new OperatorError(
      "port.taken",
      `${name} on ${this.machine} cannot open its ${socket} ${host}:${port}: ${why}`,
      next,
    );
  }

  #healthServer(kind: HostedAgent["kind"]): Server {
    switch (kind) {
      case "zmq":
        return createServer({ noDelay: true }, (socket) => serveRep(socket, () => this.#slowHealthText("health")));
      case "http":
        return this.#httpServer();
      case "tcp":
        return this.#tcpServer("health");
    }
  }

  #tcpServer(role: Role): Server {
    return createServer((socket) => {
      this.metrics.answered(role, performance.now());
      socket.resume();
    });
  }

  /** Tells every request which instance of the agent has answered it, so that whoever is carried here can see where that is. */
  #serviceServer(): Server {
    return createHttpServer((request, response) => {
      request.resume();
      const text = this.#healthText("service", performance.now());
      if (text !== undefined) response.writeHead(200, { "content-type": "application/json" }).end(text);
    });
  }

  #httpServer(): Server {
    return createHttpServer((request, response) => void this.#answerHttp(request, response));
  }

  async #answerHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    request.resume();
    const path = request.url?.split("?")[0];
    if (path === "/health") {
      const text = await this.#slowHealthText("http");
      // The code stays 200 whatever the status: real agents do that, so the body must decide.
      if (text !== undefined) response.writeHead(200, { "content-type": "application/json" }).end(text);
    } else if (this.#fault.kind === "hung") {
      return;
    } else if (path === "/metrics" && this.#fault.kind === "error-page") {
      response.writeHead(200, { "content-type": "text/html" }).end(errorPage);
      this.metrics.answered("http", startedMs);
    } else if (path === "/metrics") {
      const { registry } = this.metrics;
      response.writeHead(200, { "content-type": registry.contentType }).end(await registry.metrics());
      this.metrics.answered("http", startedMs);
    } else {
      response.writeHead(404, { "content-type": "text/plain" }).end("GET /health or /metrics\n");
    }
  }

  async #slowHealthText(role: Role): Promise<string | undefined> {
    const startedMs = performance.now();
    if (this.#fault.kind === "slow") await setTimeout(this.#fault.ms);
    return this.#healthText(role, startedMs);
  }

  /** Undefined while hung. */
  #healthText(role: Role, startedMs: number): string | undefined {
    if (this.#fault.kind === "hung") return undefined;
    const { name, standbyOf } = this.config;
    const text = JSON.stringify({
      ...healthOf(this.#fault, standbyOf === undefined ? "" : `standby of ${standbyOf}`),
      agent: name,
      machine: this.machine,
      timestamp: new Date().toISOString(),
      uptime: Math.round(performance.now() - this.#startedMs) / 1000,
    });
    this.metrics.answered(role, startedMs);
    return text;
  }
}
