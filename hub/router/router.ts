/** The router of one machine: its routes' listeners, the words that open and hold them, and the epochs on disk. */
import { createServer, type Server, type Socket } from "node:net";
import { newTable, type Offered, offer, type RouteTable } from "../core/router/route-table.ts";
import type { PutAnswer, RouteView, RouteWord } from "../core/router/word.ts";
import { Connections } from "../http/connections.ts";
import { type Log, messageOf } from "../io/log.ts";
import { within } from "../io/within.ts";
import { acceptAll } from "../succession/accept-all.ts";
import type { RouterConfig } from "./config.ts";
import { carryConnection } from "./connection.ts";
import { ControlApi } from "./control-api.ts";
import { readEpochs, writeEpochs } from "./epoch-file.ts";
import { EventStream } from "./event-stream.ts";
import { HttpFront } from "./http-front.ts";
import { Route, type RouteEvent } from "./route.ts";
import { RouterMetrics } from "./router-metrics.ts";

const keepAliveProbesAfterMs = 15_000;
const listenBacklog = 1_024;
/** A client that keeps its connection to a router that has yielded may ask once more within this time. */
const lastRequestsMs = 5_000;
/** Where this machine is reached that listens at all of its addresses. */
const anyHosts = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

interface Service {
  route: Route;
  front: HttpFront;
  server: Server;
  clients: Set<Socket>;
}

export class Router {
  readonly #config: RouterConfig;
  readonly #log: Log;
  readonly #services = new Map<string, Service>();
  readonly #events = new EventStream();
  readonly #metrics: RouterMetrics;
  readonly #api: ControlApi;
  #table: RouteTable;
  /** Words are taken one after the other, since each waits for the disk. */
  #lastPut: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #yielded = false;

  /** @throws Error when the file of epochs cannot be read */
  constructor(config: RouterConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#table = this.#readTable();
    this.#metrics = new RouterMetrics(() => this.routes());
    for (const route of config.routes) this.#services.set(route.service, this.#service(route));
    this.#api = new ControlApi({
      put: (words, sentMs) => this.put(words, sentMs),
      routes: () => this.routes(),
      metrics: () => this.#metrics.text(),
      events: (request, response) => this.#events.serve(request, response),
      log,
    });
  }

  async start(): Promise<void> {
    await this.listen(false);
    await this.act();
  }

  /**
   * Takes clients, and holds them until a word says where they go.
   *
   * @param shared whether another router of this machine may listen beside it
   */
  async listen(shared: boolean): Promise<void> {
    const { listenHost: host } = this.#config;
    if (this.#yielded)
      for (const { route, front } of this.#services.values()) {
        front.lastRequests(false);
        route.takeBack();
      }
    this.#yielded = false;
    for (const { server, route } of this.#services.values()) {
      if (server.listening) continue;
      const { port } = route.config;
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host, port, backlog: listenBacklog, reusePort: shared }).once("listening", () => {
          server.off("error", reject);
          resolve();
        });
      });
    }
  }

  /** Takes words from now on. */
  async act(): Promise<void> {
    const { socket, socketMode } = this.#config;
    this.#table = this.#readTable();
    await this.#api.listen(socket, socketMode);
    this.#log.info("router.started", { routes: this.#services.size });
  }

  /**
   * Takes no more clients and no more words. Clients that stay are carried to the router that follows, which listens on the same
   * ports; an HTTP connection ends with its next answer.
   */
  async yield(): Promise<void> {
    this.#yielded = true;
    const servers = [...this.#services.values()].map(({ server }) => server);
    await acceptAll(servers);
    for (const server of servers) if (server.listening) server.close();
    this.#events.leave();
    await this.#api.stop();
    await this.#lastPut;
    const { listenHost } = this.#config;
    const host = anyHosts.get(listenHost) ?? listenHost;
    for (const { route, front } of this.#services.values()) {
      front.lastRequests(true);
      route.handOn({ host, port: route.config.port }, lastRequestsMs);
    }
  }

  /** What is under way ends as when a target is replaced. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  routes(): RouteView[] {
    return [...this.#services.values()].map(({ route }) => route.view(this.#table.epochs));
  }

  put(words: readonly RouteWord[], sentMs: number): Promise<PutAnswer> {
    const put = this.#lastPut.then(() => this.#put(words, sentMs));
    this.#lastPut = put.catch(() => {});
    return put;
  }

  /**
   * A word of a higher epoch opens nothing before that is on disk: after a restart a stale owner would be believed. What needs no disk does
   * not wait for it, and stands where it fails: words of known epochs, which renew leases, and holds.
   */
  async #put(words: readonly RouteWord[], sentMs: number): Promise<PutAnswer> {
    if (this.#yielded) throw new Error("another router of this machine acts");
    const { epochs } = this.#table;
    const isKnown = ({ service, epoch }: RouteWord) => epoch <= (epochs.get(service) ?? -1);
    const known = this.#take(offer(this.#table, words.filter(isKnown), sentMs));
    const others = words.filter((word) => !isKnown(word));
    for (const word of others) if (word.to === null) this.#services.get(word.service)?.route.take(word);
    const offered = offer(this.#table, others, sentMs);
    if (offered.grew) await writeEpochs(this.#config.stateFile, offered.table.epochs);
    const { taken, refused } = this.#take(offered);
    return { taken: known.taken + taken, refused: [...known.refused, ...refused] };
  }

  #take({ table, taken, refused }: Offered): PutAnswer {
    this.#table = table;
    for (const word of taken) this.#services.get(word.service)?.route.take(word);
    for (const word of refused) this.#log.warn("word.refused", { ...word });
    this.#metrics.words(taken.length, refused.length);
    return { taken: taken.length, refused };
  }

  #readTable(): RouteTable {
    const { routes, stateFile } = this.#config;
    return newTable(
      routes.map(({ service }) => service),
      readEpochs(stateFile),
    );
  }

  #service(config: RouterConfig["routes"][number]): Service {
    const { limits } = this.#config;
    const { service } = config;
    const route = new Route(config, limits, (event) => this.#tell(event));
    const clients = new Set<Socket>();
    const carry = (what: Promise<void>) =>
      what.catch((error: unknown) => this.#log.error("connection.failed", { service, error: messageOf(error) }));
    const front = new HttpFront({
      route,
      log: this.#log,
      ended: (outcome) => this.#metrics.ended(service, outcome),
      retried: () => this.#metrics.retried(service),
      upgraded: (carried) => void carry(carried),
    });
    const server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveProbesAfterMs,
    });
    server.maxConnections = limits.maxConnections;
    server.on("drop", () => this.#metrics.turnedAway(service));
    const connections = new Connections([], limits.maxConnectionsPerAddress);
    server.on("connection", (client) => {
      if (!connections.take(client)) return this.#metrics.turnedAway(service);
      route.connections++;
      clients.add(client);
      client.once("close", () => {
        route.connections--;
        clients.delete(client);
      });
      void carry(carryConnection(client, route, (socket) => front.take(socket)));
    });
    return { route, front, server, clients };
  }

  #tell(event: RouteEvent): void {
    if (event.type === "refused") this.#metrics.failed(event.service, event.why);
    // Failures come as often as clients do; the metrics count them.
    else if (event.type !== "hello") this.#log.info(`route.${event.type}`, { ...event, type: undefined });
    this.#events.tell(event);
  }

  async #stopAll(): Promise<void> {
    const { drainMs } = this.#config.limits;
    const services = [...this.#services.values()];
    const closed = services.map(({ server }) => new Promise<void>((resolve) => server.close(() => resolve())));
    if (this.#yielded) await within(lastRequestsMs, Promise.all(closed));
    for (const { front, route } of services) {
      front.stop();
      route.stop();
    }
    const overdue = setTimeout(() => {
      for (const { clients } of services) for (const client of clients) client.destroy();
    }, drainMs);
    await Promise.all(closed);
    clearTimeout(overdue);
    await this.#lastPut;
    this.#events.stop();
    await this.#api.stop();
  }
}
