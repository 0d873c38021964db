/** A UDP port of this computer that carries datagrams to another one and the answers back, as well or as badly as it is told to. */
import { createSocket, type Socket } from "node:dgram";
import { Direction } from "./condition.ts";
import type { LinkOptions, Target } from "./tcp-link.ts";

/** Senders that are told apart, so that answers find their way back. */
const mostSenders = 64;

export class UdpLink {
  readonly forward = new Direction();
  readonly backward = new Direction();
  readonly port: number;
  readonly #near: Socket;
  readonly #options: LinkOptions;
  readonly #farOf = new Map<string, Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #cut = false;

  private constructor(near: Socket, options: LinkOptions) {
    this.#near = near;
    this.#options = options;
    this.port = near.address().port;
    near.on("message", (bytes, { address, port }) => {
      this.#pass(this.forward, () => {
        const far = this.#farFor({ host: address, port });
        far?.send(bytes, options.target.port, options.target.host);
      });
    });
    near.on("error", () => {});
  }

  /** Rejects when the port cannot be had. */
  static async open(options: LinkOptions): Promise<UdpLink> {
    const near = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      near.once("error", reject).bind(options.port ?? 0, options.target.host, resolve);
    });
    return new UdpLink(near, options);
  }

  cut(): void {
    this.#cut = true;
  }

  mend(): void {
    this.#cut = false;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of [this.#near, ...this.#farOf.values()]) socket.close();
  }

  #pass(direction: Direction, send: () => void): void {
    const { blocked, delayMs, jitterMs, loss } = direction.condition;
    const { random } = this.#options;
    if (this.#cut || blocked || (loss > 0 && random.chance(loss))) return;
    const waitMs = delayMs + jitterMs * random.next();
    if (waitMs === 0) {
      send();
      return;
    }
    // Each goes its own way: a late one is overtaken, as on a network.
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#cut && !direction.condition.blocked) send();
    }, waitMs);
    this.#timers.add(timer);
  }

  #farFor(sender: Target): Socket | undefined {
    const key = `${sender.host}:${sender.port}`;
    const known = this.#farOf.get(key);
    if (known !== undefined) return known;
    if (this.#farOf.size >= mostSenders) {
      const [oldest, socket] = [...this.#farOf][0] ?? [];
      if (oldest !== undefined) this.#farOf.delete(oldest);
      socket?.close();
    }
    const far = createSocket("udp4");
    far.on("error", () => {});
    far.on("message", (bytes) => this.#pass(this.backward, () => this.#near.send(bytes, sender.port, sender.host)));
    this.#farOf.set(key, far);
    return far;
  }
}
