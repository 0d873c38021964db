/** A TCP link between two ports of an address of this computer that can be cut (connections refused) or frozen (nothing passes, nothing says so). */
import { connect, createServer, type Server, type Socket } from "node:net";

export class CuttableLink {
  readonly port: number;
  readonly #targetPort: number;
  readonly #host: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #frozen = false;

  constructor(port: number, targetPort: number, host = "127.0.0.1") {
    this.port = port;
    this.#targetPort = targetPort;
    this.#host = host;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return this.#thaw();
    const server = createServer((near) => this.#join(near));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(this.port, this.#host, resolve);
    });
  }

  cut(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
  }

  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  #thaw(): void {
    this.#frozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #join(near: Socket): void {
    const far = connect(this.#targetPort, this.#host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (part) => to.write(part));
      // A goodbye is a packet like any other: it does not pass a frozen link.
      from.on("close", () => {
        this.#sockets.delete(from);
        if (!this.#frozen) to.destroy();
      });
      from.on("error", () => {});
      if (this.#frozen) from.pause();
    }
  }
}
