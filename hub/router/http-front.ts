/** Follows the connections of a route that carry HTTP: each request goes to whoever acts at that moment. */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { mayRetry } from "../core/router/retry.ts";
import { type Log, messageOf } from "../io/log.ts";
import { carryBytes } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { exchange, type Outcome } from "./exchange.ts";
import { rawHead } from "./http-headers.ts";
import type { Refusal, Route } from "./route.ts";

export type RequestOutcome = Outcome["kind"] | Refusal;

export interface HttpFrontOptions {
  route: Route;
  ended(outcome: RequestOutcome): void;
  retried(): void;
  upgraded(carried: Promise<void>): void;
  log: Log;
}

const keepAliveMs = 65_000;
/** A client is left its connection for so much longer than its answer may take, ms: else it would not get its 504. */
const answerMarginMs = 1_000;

export class HttpFront {
  /** Listens nowhere: connections are given to it. */
  readonly #server: Server;
  readonly #options: HttpFrontOptions;
  readonly #conversations = new Map<Socket, Conversation>();
  readonly #headTimers = new WeakMap<Socket, NodeJS.Timeout>();
  #stopping = false;
  #lastRequests = false;

  constructor(options: HttpFrontOptions) {
    this.#options = options;
    this.#server = createServer({
      keepAliveTimeout: keepAliveMs,
      noDelay: true,
      // Behind an answer that is under way the offer is passed over, as it may be, and the request is one as any other.
      shouldUpgradeCallback: ({ socket }) => this.#conversations.get(socket)?.isQuiet === true,
    });
    const { holdMs, connectMs, httpIdleMs } = options.route.limits;
    this.#server.timeout = holdMs + connectMs + httpIdleMs + answerMarginMs;
    // Who has said all may still want to hear; `Conversation` knows who does not.
    Object.assign(this.#server, { httpAllowHalfOpen: true }); // node's types leave it out
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.#handle(request, response);
    this.#server.on("request", handle);
    // Whether the body is wanted is for the target to say.
    this.#server.on("checkContinue", handle);
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  take(client: Socket): void {
    const { firstHeadMs, maxPipelined } = this.#options.route.limits;
    this.#conversations.set(client, new Conversation(client, maxPipelined));
    client.once("close", () => {
      clearTimeout(this.#headTimers.get(client));
      this.#conversations.delete(client);
    });
    this.#awaitHead(client, firstHeadMs);
    this.#server.emit("connection", client);
    // It came paused, and the parser waits for nobody to say so.
    client.resume();
  }

  /** From now on, or not any more, each connection ends with its next answer: another router follows this one. */
  lastRequests(are: boolean): void {
    this.#lastRequests = are;
  }

  /** Connections without a request end now, the others with their response. */
  stop(): void {
    this.#stopping = true;
    for (const [client, { isQuiet }] of this.#conversations) if (isQuiet) client.destroy();
  }

  /** Bytes that trickle in renew the connection's own time out, so this one goes by the clock. */
  #awaitHead(client: Socket, ms: number): void {
    clearTimeout(this.#headTimers.get(client));
    this.#headTimers.set(
      client,
      setTimeout(() => client.destroy(), ms),
    );
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const client = request.socket;
    clearTimeout(this.#headTimers.get(client));
    request.on("error", () => {});
    response.on("error", () => {});
    const conversation = this.#conversations.get(client);
    if (conversation === undefined) return void response.destroy();
    if (this.#lastRequests) response.shouldKeepAlive = false;
    const turn = conversation.ask(request, response);
    response.once("close", () => {
      if (!conversation.isQuiet || client.destroyed) return;
      if (this.#stopping) client.destroySoon();
      else this.#awaitHead(client, this.#options.route.limits.headMs);
    });
    await turn;
    const outcome = await this.#tries(request, response, conversation.gone).catch((error: unknown) => {
      const { route, log } = this.#options;
      log.error("request.failed", { service: route.config.service, error: messageOf(error) });
      return "lost" as const;
    });
    this.#options.ended(outcome);
    if (outcome !== "answered" && outcome !== "gone") this.#refuse(response, outcome);
  }

  async #tries(request: IncomingMessage, response: ServerResponse, gone: AbortSignal): Promise<RequestOutcome> {
    const { route, retried } = this.#options;
    const { limits } = route;
    const { method = "GET" } = request;
    for (let sent = 1; ; sent++) {
      const outcome: Outcome | Refusal = await route.carry(
        (place) => exchange({ request, response, place, limits, gone }),
        gone,
      );
      if (typeof outcome === "string") return outcome;
      if (outcome.kind !== "lost") return outcome.kind;
      if (!mayRetry({ method, bodyTaken: outcome.bodyTaken, sent })) return "lost";
      retried();
    }
  }

  #refuse(response: ServerResponse, outcome: Exclude<RequestOutcome, "answered" | "gone">): void {
    if (response.headersSent) return void response.destroy();
    const { service } = this.#options.route.config;
    const [status, text] = refusals[outcome];
    const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
    const again = status === 503 ? { "retry-after": "1" } : {};
    if (this.#stopping) response.shouldKeepAlive = false;
    // With its reason, else node would say that of an answer which could not be passed on.
    response.writeHead(status, STATUS_CODES[status], { ...headers, ...again }).end(`${service}: ${text}\n`);
  }

  /** From here on nothing is known of what the two say: the connection is carried as it is. */
  #upgrade(request: IncomingMessage, stream: Duplex, head: Uint8Array): void {
    const client = stream as Socket; // connections are given by `take`
    clearTimeout(this.#headTimers.get(client));
    this.#conversations.delete(client);
    client.setTimeout(0);
    const { method = "GET", url = "/", httpVersion, rawHeaders } = request;
    if (head.length > 0) client.unshift(head);
    const preface = rawHead(method, url, httpVersion, rawHeaders);
    this.#options.upgraded(carryBytes(client, this.#options.route, preface));
  }
}

const refusals: Record<Exclude<RequestOutcome, "answered" | "gone">, [number, string]> = {
  late: [503, "no instance acts at present"],
  down: [503, "the instance that acts does not answer"],
  full: [503, "too many clients wait for an instance already"],
  lost: [502, "the instance gave the connection up before it answered"],
  silent: [504, "the instance did not answer in time"],
  garbled: [502, "the instance answered with what is no response"],
};
