/** The fastest path of beats: datagrams, and the word of the peer's kernel that nobody listens for them. */
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { sharesPorts } from "../io/shares-ports.ts";

interface Address {
  host: string;
  port: number;
}

export interface UdpPathOptions {
  listen: Address;
  peer: Address;
  received(bytes: Buffer): void;
  /** The peer's port is closed. */
  refused(): void;
}

const reconnectMs = 1_000;
const typeFor = ({ host }: Address) => (isIPv6(host) ? "udp6" : "udp4");

export class UdpPath {
  readonly #options: UdpPathOptions;
  readonly #listener: Socket;
  /** Connected, since the kernel tells a refusal to such a socket alone; the listener takes beats from any address. */
  #sender: Socket | undefined;
  #connected = false;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  private constructor(options: UdpPathOptions, listener: Socket) {
    this.#options = options;
    this.#listener = listener;
    listener.on("message", (bytes) => options.received(bytes));
    this.#connect();
  }

  /** Rejects when the port cannot be had. */
  static open(options: UdpPathOptions): Promise<UdpPath> {
    const { host, port } = options.listen;
    const listener = createSocket({ type: typeFor(options.listen), reusePort: sharesPorts });
    return new Promise((resolve, reject) => {
      listener.once("error", reject);
      listener.bind({ address: host, port, exclusive: true }, () => {
        listener.off("error", reject);
        // What the kernel says here is about datagrams that somebody else sent.
        listener.on("error", () => {});
        resolve(new UdpPath(options, listener));
      });
    });
  }

  send(bytes: Buffer): void {
    // A datagram that cannot leave is a lost one.
    if (this.#connected) this.#sender?.send(bytes, () => {});
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#listener.close();
    this.#sender?.close();
  }

  #connect(): void {
    const { peer, refused } = this.#options;
    const sender = createSocket(typeFor(peer));
    this.#sender = sender;
    sender.on("error", (error: NodeJS.ErrnoException) => {
      if (this.#connected && error.code === "ECONNREFUSED") refused();
      else if (!this.#connected) this.#connectLater(sender);
    });
    // Not as the argument of connect: that one is called without a connection, too, and then no `error` comes.
    sender.once("connect", () => {
      this.#connected = true;
    });
    sender.connect(peer.port, peer.host);
  }

  /** The name of the peer is not known yet, or there is no way to it. */
  #connectLater(failed: Socket): void {
    if (this.#stopped) return;
    failed.removeAllListeners();
    // A second error of it is nobody's.
    failed.on("error", () => {});
    failed.close();
    this.#sender = undefined;
    this.#retry = setTimeout(() => this.#connect(), reconnectMs);
  }
}
