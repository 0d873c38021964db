/** A TCP port of this computer that carries its connections to another one, as well or as badly as it is told to. */

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../random.ts";
import { Direction } from "./condition.ts";
import { Pipe } from "./pipe.ts";

export interface Target {
  host: string;
  port: number;
}

export interface LinkOptions {
  target: Target;
  random: Random;
  /** @default any that is free */
  port?: number;
}

/** Between two looks whether the target listens again, or whether the own port can be had again, ms. */
const lookEveryMs = 10;

export class TcpLink {
  /** From whoever dials to the target. */
  readonly forward = new Direction();
  readonly backward = new Direction();
  readonly port: number;
  readonly #options: LinkOptions;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #state: "mended" | "cut" | "closed" = "mended";
  #isFollowing = false;

  private constructor(server: Server, options: LinkOptions) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as AddressInfo).port; // it listens on TCP
    server.on("connection", (near) => this.#join(near));
  }

  /** Rejects when the port cannot be had. */
  static async open(options: LinkOptions): Promise<TcpLink> {
    return new TcpLink(await listen(options.target.host, options.port ?? 0), options);
  }

  /** Connections break, and new ones are refused, until it is mended. */
  cut(): void {
    this.#state = "cut";
    this.#refuse();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Resolves when it listens again. */
  async mend(): Promise<void> {
    if (this.#state !== "cut") return;
    this.#state = "mended";
    await this.#accept();
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#refuse();
    for (const socket of this.#sockets) socket.destroy();
  }

  #refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  async #accept(): Promise<void> {
    while (this.#server === undefined && this.#state === "mended") {
      try {
        const server = await listen(this.#options.target.host, this.port);
        server.on("connection", (near) => this.#join(near));
        this.#server = server;
      } catch {
        // Some connection has the port for a moment.
        await pause(lookEveryMs);
      }
    }
    if (this.#state !== "mended") this.#refuse();
  }

  #isBlocked(): boolean {
    return this.forward.condition.blocked || this.backward.condition.blocked;
  }

  #join(near: Socket): void {
    const far = connect({ ...this.#options.target, allowHalfOpen: true, noDelay: true });
    const pipes = [
      new Pipe(near, far, this.forward, this.#options.random),
      new Pipe(far, near, this.backward, this.#options.random),
    ];
    const broken = () => {
      // The news of a death is a packet like any other: it does not pass while the link is blocked.
      if (this.#isBlocked() && this.#state === "mended") return;
      done();
      for (const socket of [near, far]) if (!socket.destroyed) socket.resetAndDestroy();
    };
    const stopListening = [this.forward, this.backward].map((direction) =>
      direction.onChange(() => {
        if (near.destroyed || far.destroyed) broken();
      }),
    );
    const done = () => {
      for (const stop of stopListening) stop();
      for (const pipe of pipes) pipe.close();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", broken);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        if (near.readableEnded && far.readableEnded) done();
        else broken();
      });
    }
    for (const news of ["error", "end"] as const) far.on(news, () => void this.#followTarget());
  }

  /** Refuses as long as the target does: who dials shall hear the kernel's word, as from the target itself. */
  async #followTarget(): Promise<void> {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    while (this.#state !== "closed" && !this.#isBlocked() && (await refuses(this.#options.target))) {
      this.#refuse();
      await pause(lookEveryMs);
    }
    this.#isFollowing = false;
    await this.#accept();
  }
}

/** A goodbye in one direction leaves the other one open, as between the two themselves. */
async function listen(host: string, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen({ host, port, exclusive: true }, resolve);
  });
  return server;
}

function refuses(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => settle(false));
    socket.on("error", (error: NodeJS.ErrnoException) => settle(error.code === "ECONNREFUSED"));
  });
}
