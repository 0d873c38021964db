/**
 * The hub's port for HTTP, and its socket for orders. The port is open before the hub can answer and holds requests until it can; when
 * another hub of this machine takes over, it takes no more connections, and what still comes on those that stand it carries over to that one.
 */
import { once } from "node:events";
import {
  request as ask,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { request as askByTls } from "node:https";
import { type Socket, Server as TcpServer } from "node:net";
import { pipeline } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { type Log, messageOf } from "../io/log.ts";
import { within } from "../io/within.ts";
import { acceptAll } from "../succession/accept-all.ts";
import { optionsTo } from "../tls/dial.ts";
import { type DoorOptions, internalPrefix, TlsDoor } from "../tls/door.ts";
import { isTls } from "../tls/is-tls.ts";
import { Connections } from "./connections.ts";
import { letPass } from "./let-pass.ts";
import { type LocalOrders, markLoopback } from "./local-orders.ts";
import { OrderSocket } from "./order-socket.ts";

interface Address {
  host: string;
  port: number;
}

/** Resolves when the request was dealt with, though its answer may go on as a stream. */
export type Front = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface EntranceDeadlines {
  /** For the header of a request, ms. */
  headerMs: number;
  /** For header and body of a request, ms. */
  requestMs: number;
  /** Between two looks at what is overdue, ms. */
  checkEveryMs: number;
}

export type EntranceTls = Omit<DoorOptions, "handshakeMs" | "log">;

type State = { kind: "holding" } | { kind: "open"; front: Front } | { kind: "passing"; to: Address };

const defaultDeadlines: EntranceDeadlines = { headerMs: 5_000, requestMs: 15_000, checkEveryMs: 1_000 };
const maxConnections = 4_096;
/** What is under way when another hub takes over has so long to end; meanwhile all others wait. */
const yieldDeadlineMs = 3_000;
const closeDeadlineMs = 2_000;
/** A client that keeps its connection asks again within this time, as a rule, and then learns that it ends. */
const lastRequestsMs = 5_000;
/** A hub that follows listens already, or one that has ended is stepped in for. */
const passAgainMs = 100;
const maxPasses = 50;
const passedMethods = /^(GET|HEAD|PUT|POST|DELETE)$/;
/** Orders are believed by where they come from, which one that is passed on to the port would hide. */
const orderPaths =
  /^\/(?:api\/v1\/(?:services|maintenance|documents|session|timeline|silences|notifications|admin)|internal)(?:\/|$|\?)/;

export class Entrance {
  readonly server: Server;
  readonly connections: Connections;
  /** Undefined where there is plain HTTP alone. */
  readonly door: TlsDoor | undefined;
  readonly #log: Log;
  readonly #machine: string;
  readonly #orders: OrderSocket | undefined;
  /** Requests that the hub is at. */
  #answering = 0;
  #idle: () => void = () => {};
  #state: State = { kind: "holding" };
  /** The newest request of each connection: those that a client sends at once are begun one after the other. */
  readonly #newest = new WeakMap<Socket, ServerResponse>();
  #opened: () => void = () => {};
  #open: Promise<void> = Promise.resolve();

  /**
   * @param apart addresses that may hold as many connections as they like, besides those of this machine
   * @param orders where orders are taken without a token or a session; nowhere when left out
   * @param tls which of both hubs' machines it is, and how TLS is done, at a hub that speaks it
   */
  constructor(
    log: Log,
    deadlines = defaultDeadlines,
    apart: Iterable<string> = [],
    orders?: LocalOrders,
    tls?: EntranceTls,
  ) {
    this.#log = log;
    this.#machine = tls?.machine ?? "";
    this.connections = new Connections(apart);
    const take: RequestListener = (request, response) => void this.#take(request, response);
    const options: ServerOptions = {
      headersTimeout: deadlines.headerMs,
      requestTimeout: deadlines.requestMs,
      connectionsCheckingInterval: deadlines.checkEveryMs,
      keepAliveTimeout: 65_000,
      // Refused below: node's own answer would let what is asked behind it begin without a connection.
      requireHostHeader: false,
    };
    this.server = createServer(options, take);
    this.server.maxConnections = maxConnections;
    this.server.on("drop", () => void this.connections.refused++);
    this.door = tls && new TlsDoor({ ...tls, handshakeMs: deadlines.headerMs, log });
    this.door?.standBefore(this.server);
    this.server.on("connection", (socket) => this.connections.take(socket));
    if (orders?.kind === "loopback") this.server.on("connection", markLoopback);
    this.#orders = orders?.kind === "socket" ? new OrderSocket(orders.path, options, take) : undefined;
  }

  /**
   * Listens, unless it does, and holds what comes until `open`. Rejects when the port cannot be had.
   *
   * @param shared whether another process of this user may listen beside it, as a hub and its successor do
   */
  async listen({ host, port }: Address, shared = false): Promise<void> {
    if (this.server.listening) return;
    this.#hold();
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error) => reject(new Error(`cannot listen on ${host}:${port}: ${error.message}`));
      this.server.once("error", fail);
      this.server.listen({ host, port, reusePort: shared }, () => {
        this.server.off("error", fail);
        resolve();
      });
    });
    this.#log.info("hub.listening", { host, port });
  }

  /** Answers on the socket for orders, too, as on the port: for the hub that acts. Rejects when the socket cannot be had. */
  async listenForOrders(): Promise<void> {
    if (this.#orders === undefined) return;
    await this.#orders.listen();
    this.#log.info("hub.listening", { socket: this.#orders.path });
  }

  /** From now on the hub answers, first what was held. */
  open(front: Front): void {
    this.#state = { kind: "open", front };
    this.#opened();
  }

  /** Resolves when the hub is at no request any more; what comes from now on goes to the hub at that address. */
  async yieldTo(to: Address): Promise<void> {
    await acceptAll([this.server]);
    // Of the listener alone; the server's own would cut idle connections, on which a request may be on its way.
    TcpServer.prototype.close.call(this.server);
    // Not before: what is passed on while this process listens may come back to it.
    this.#state = { kind: "passing", to };
    this.#opened();
    if (this.#answering === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    await within(yieldDeadlineMs, idle);
  }

  /** Takes no more connections at once; resolves when all have ended. @param lastRequests whether clients may ask once more */
  async close(lastRequests = this.#state.kind === "passing"): Promise<void> {
    const servers = this.#orders === undefined ? [this.server] : [this.server, this.#orders.server];
    const portClosed = new Promise<void>((resolve) => {
      if (lastRequests) TcpServer.prototype.close.call(this.server, () => resolve());
      else this.server.close(() => resolve());
    });
    const closed = Promise.all([portClosed, this.#orders?.close()]);
    if (lastRequests) await within(lastRequestsMs, closed);
    this.door?.stop();
    for (const server of servers) server.closeIdleConnections();
    const hurry = globalThis.setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, closeDeadlineMs);
    await closed;
    clearTimeout(hurry);
  }

  #hold(): void {
    this.#state = { kind: "holding" };
    this.#open = new Promise((resolve) => {
      this.#opened = resolve;
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const before = this.#newest.get(socket);
    this.#newest.set(socket, response);
    // Who may open the socket is let in by the system.
    const refusal = this.#orders?.brought(request) ? undefined : this.door?.refusalOf(request);
    if (refusal !== undefined) {
      letPass(request, response);
      return send(response, refusal.status, `${refusal.text}\n`, refusal.headers);
    }
    try {
      if (before !== undefined && !before.closed)
        await inTurn(before, socket, () => this.#newest.get(socket) === response);
      // Whoever has gone is not waited for, nor who has asked behind an answer that ends the connection.
      if (!socket.writable) return;
      closeWith(socket, response);
      if (request.httpVersion === "1.1" && request.headers.host === undefined) {
        response.shouldKeepAlive = false;
        return send(response, 400, "a request of HTTP/1.1 names its Host\n", {});
      }
      for (let tries = 1; ; tries++) {
        if (this.#state.kind === "holding") await this.#open;
        // Who left meanwhile is not answered any more: whatever counts answers would wait for an end that has been.
        if (!socket.writable || response.closed) return;
        if (this.#state.kind === "open") return await this.#answer(this.#state.front, request, response);
        if (this.#state.kind === "passing" && (await this.#pass(request, response, this.#state.to))) return;
        if (tries === maxPasses)
          return send(response, 503, "this hub is being replaced, and the next one does not answer\n");
        await setTimeout(passAgainMs);
      }
    } catch (error) {
      this.#log.error("http.failed", { method: request.method, url: request.url, error: messageOf(error) });
      if (response.headersSent) response.destroy();
      else send(response, 500, "the hub failed at this request; its log says more\n");
    }
  }

  async #answer(front: Front, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#answering++;
    response.setHeader(...noSniffing);
    try {
      await front(request, response);
    } finally {
      if (--this.#answering === 0) this.#idle();
    }
  }

  /**
   * The answer ends the connection, so that the client's next one is made with the hub that acts.
   *
   * @returns false when that was not reached: then nothing of the request has gone there
   */
  #pass(request: IncomingMessage, response: ServerResponse, to: Address): Promise<boolean> {
    response.shouldKeepAlive = false;
    const { method = "", url = "/", headers } = request;
    const changes = method !== "GET" && method !== "HEAD";
    const orders = this.#orders?.brought(request) ? this.#orders : undefined;
    // Passed on, what only the peer may ask would come of this machine.
    const isPeers = this.door !== undefined && url.startsWith(internalPrefix);
    const isOrder = changes && orderPaths.test(url) && orders === undefined;
    if (isPeers || isOrder || !passedMethods.test(method)) {
      send(response, 503, "this hub is being replaced; ask again\n");
      return Promise.resolve(true);
    }
    // The hub that follows has not taken the path yet.
    if (orders?.leadsHere) return Promise.resolve(false);
    return new Promise((resolve) => {
      let connected = false;
      const at = orders === undefined ? to : { socketPath: orders.path };
      const options = { ...at, method, path: url, headers: { ...headers, connection: "close" }, agent: false };
      const take = (answer: IncomingMessage) => {
        const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...kept } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, kept);
        pipeline(answer, response, () => resolve(true));
      };
      // What came by TLS is to be known as such there.
      const secure = isTls(request.socket);
      const byTls = () => askByTls({ ...options, ...optionsTo(this.#machine, this.door?.material) }, take);
      const asked = secure ? byTls() : ask(options, take);
      asked.once("socket", (socket) =>
        socket.once(secure ? "secureConnect" : "connect", () => {
          connected = true;
          pipeline(request, asked, () => {});
        }),
      );
      asked.once("error", (error) => {
        if (!connected) return resolve(false);
        if (response.headersSent) response.destroy();
        else send(response, 503, `this hub is being replaced, and the next one failed: ${error.message}\n`);
        resolve(true);
      });
      response.once("close", () => asked.destroy());
    });
  }
}

/** Nothing more is read of the connection meanwhile. */
async function inTurn(before: ServerResponse, socket: Socket, isNewest: () => boolean): Promise<void> {
  let waits = true;
  // Node reads on as soon as a request is complete, which is right after this.
  setImmediate(() => {
    if (waits) socket.pause();
  });
  await once(before, "close");
  waits = false;
  if (isNewest()) socket.resume();
}

/** Node tells the end of a connection to the answer alone whose turn it is. */
function closeWith(socket: Socket, response: ServerResponse): void {
  const closed = () =>
    void process.nextTick(() => {
      if (!response.closed) response.emit("close");
    });
  socket.once("close", closed);
  response.once("close", () => socket.off("close", closed));
}

/** No answer is taken by a browser for something else than it says it is. */
const noSniffing = ["x-content-type-options", "nosniff"] as const;

const again = { "retry-after": "1" };

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = again,
): void {
  response.setHeader(...noSniffing);
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers }).end(text);
}
