/**
 * The socket on which a hub answers whoever may open it, and takes orders: its user and root. A hub that follows another one puts its own
 * in the place of that one's by a rename, so that the path always leads to a hub; what is left of one that was killed goes the same way.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from "node:http";
import { type Socket, Server as TcpServer } from "node:net";
import { dirname, join } from "node:path";
import { listenOn } from "../io/unix-socket.ts";
import { markLocal } from "./local-orders.ts";

/** Commands open one at a time. */
const maxConnections = 64;
const boundName = /^orders\.[0-9a-f]{4}$/;

/** In a hub's state directory. */
export const orderSocketIn = (stateDirectory: string): string => join(stateDirectory, "orders.sock");

export class OrderSocket {
  readonly path: string;
  readonly server: Server;
  readonly #sockets = new WeakSet<Socket>();
  #inode: bigint | undefined;

  constructor(path: string, options: ServerOptions, take: RequestListener) {
    this.path = path;
    this.server = createServer(options, take);
    this.server.maxConnections = maxConnections;
    this.server.on("connection", (socket) => {
      this.#sockets.add(socket);
      markLocal(socket);
    });
  }

  /** Whether the request came here. */
  brought({ socket }: IncomingMessage): boolean {
    return this.#sockets.has(socket);
  }

  /** Takes the path, also from a hub that listens there: only for the one that acts. Rejects when it cannot be had. */
  async listen(): Promise<void> {
    // Of one that stepped in again for its successor: the path is that one's by now.
    if (this.server.listening) TcpServer.prototype.close.call(this.server);
    const directory = dirname(this.path);
    // Under a name that is nobody else's, since a listener removes the one that it was bound to when it closes.
    const bound = join(directory, `orders.${randomBytes(2).toString("hex")}`);
    await listenOn(this.server, bound, "0600");
    this.#inode = inodeOf(bound);
    renameSync(bound, this.path);
    // Of hubs that were killed before they came to rename theirs.
    for (const name of readdirSync(directory)) if (boundName.test(name)) rmSync(join(directory, name), { force: true });
  }

  /** Whether who connects to the path comes here. */
  get leadsHere(): boolean {
    return this.#inode !== undefined && this.#inode === inodeOf(this.path);
  }

  /** Accepts no more; resolves when all connections have ended. */
  async close(): Promise<void> {
    if (this.leadsHere) rmSync(this.path, { force: true });
    await new Promise<void>((resolve) => TcpServer.prototype.close.call(this.server, () => resolve()));
  }
}

const inodeOf = (path: string): bigint | undefined => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
