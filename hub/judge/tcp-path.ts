/** The path of beats that ends with the peer's process: each judge dials the other, speaks on what it dialled and hears on what it accepted. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { plainAddress } from "../io/plain-address.ts";
import { sharesPorts } from "../io/shares-ports.ts";
import { FrameReader, frame } from "./frames.ts";

interface Address {
  host: string;
  port: number;
}

export interface TcpPathOptions {
  listen: Address;
  peer: Address;
  /** Returns whether the message was the peer's. */
  received(bytes: Buffer): boolean;
  /** Somebody says more at once than a judge does. */
  tooLong?(): void;
  /** The peer's kernel closed or refused the connection. */
  refused(): void;
}

const redialMs = 100;
const dialDeadlineMs = 1_000;
/** What is not taken in this time never will be; what is dialled anew may, ms. */
const stallDeadlineMs = 2_000;
/** One that says nothing of the peer's for so long is dropped, ms. */
const idleDeadlineMs = 2_000;
/** The peer has one; more allow for one that is being replaced, and for strangers until they are dropped. */
const maxAccepted = 8;
/** One that ended sooner was not taken at all, as where strangers hold all places: it is not dialled at once again, ms. */
const livedMs = 1_000;

interface Accepted {
  address: string;
  /** Whether it has brought something of the peer's. */
  isPeers: boolean;
}

export class TcpPath {
  readonly #options: TcpPathOptions;
  readonly #server: Server;
  /** The oldest first. */
  readonly #accepted = new Map<Socket, Accepted>();
  /** Where the peer was last heard from. */
  #peerAddress: string;
  #dialled: Socket | undefined;
  #stalledAtMs: number | undefined;
  #redial: NodeJS.Timeout | undefined;
  #giveUp = () => {};
  #stopped = false;

  private constructor(options: TcpPathOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.#peerAddress = options.peer.host;
    server.on("connection", (socket) => this.#accept(socket));
    server.on("error", () => {});
    this.#dial();
  }

  /** Rejects when the port cannot be had. */
  static open(options: TcpPathOptions): Promise<TcpPath> {
    const { host, port } = options.listen;
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host, reusePort: sharesPorts }, () => {
        server.off("error", reject);
        resolve(new TcpPath(options, server));
      });
    });
  }

  /** Nothing is queued behind what the peer has not taken: an old beat is of no use. */
  send(bytes: Buffer): void {
    const socket = this.#dialled;
    if (socket === undefined) return;
    const nowMs = performance.now();
    if (socket.writableLength > 0) {
      this.#stalledAtMs ??= nowMs;
      if (nowMs - this.#stalledAtMs >= stallDeadlineMs) this.#giveUp();
      return;
    }
    this.#stalledAtMs = undefined;
    socket.write(frame(bytes));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#redial);
    this.#server.close();
    for (const socket of this.#accepted.keys()) socket.destroy();
    this.#giveUp();
  }

  #dial(): void {
    const { peer, refused } = this.#options;
    const socket = connect({ host: peer.host, port: peer.port, noDelay: true });
    // An end that this side did not bring about, and no timeout did, is the peer's own kernel speaking.
    let givenUp = false;
    const giveUp = () => {
      givenUp = true;
      socket.destroy();
    };
    this.#giveUp = giveUp;
    const deadline = setTimeout(giveUp, dialDeadlineMs);
    let code = "";
    let openedAtMs = Number.POSITIVE_INFINITY;
    socket.once("connect", () => {
      openedAtMs = performance.now();
      clearTimeout(deadline);
      this.#dialled = socket;
      this.#stalledAtMs = undefined;
    });
    // Nothing is said on it, but only a reader learns of its end.
    socket.resume();
    socket.on("error", (error: NodeJS.ErrnoException) => {
      code = error.code ?? "";
    });
    socket.once("close", () => {
      clearTimeout(deadline);
      const wasOpen = this.#dialled === socket;
      if (wasOpen) this.#dialled = undefined;
      if (this.#stopped) return;
      const spoken = wasOpen ? ["", "ECONNRESET", "EPIPE"].includes(code) : code === "ECONNREFUSED";
      // At once after an end, to learn whether the port is still there.
      const lived = performance.now() - openedAtMs >= livedMs;
      this.#redial = setTimeout(() => this.#dial(), lived && spoken ? 0 : redialMs);
      if (spoken && !givenUp) refused();
    });
  }

  #accept(socket: Socket): void {
    const accepted: Accepted = { address: plainAddress(socket.remoteAddress), isPeers: false };
    if (!this.#makeRoom(accepted.address)) return void socket.destroy();
    this.#accepted.set(socket, accepted);
    const reader = new FrameReader();
    const deadline = setTimeout(() => socket.destroy(), idleDeadlineMs);
    socket.on("data", (part) => {
      const messages = reader.read(part);
      if (messages === undefined) {
        this.#options.tooLong?.();
        socket.destroy();
        return;
      }
      for (const message of messages) {
        if (!this.#options.received(message)) continue;
        deadline.refresh();
        accepted.isPeers = true;
        this.#peerAddress = accepted.address;
      }
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      clearTimeout(deadline);
      this.#accepted.delete(socket);
    });
  }

  /** The oldest stranger makes room; what comes from where the peer is heard is none, as long as there is another one. */
  #makeRoom(address: string): boolean {
    if (this.#accepted.size < maxAccepted) return true;
    const unheard = [...this.#accepted].filter(([, { isPeers }]) => !isPeers);
    const stranger = unheard.find(([, accepted]) => accepted.address !== this.#peerAddress);
    const [victim] = stranger ?? (address === this.#peerAddress ? unheard[0] : undefined) ?? [];
    if (victim === undefined) return false;
    this.#accepted.delete(victim);
    victim.destroy();
    return true;
  }
}
