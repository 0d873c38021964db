/** Keeps unused connections to one target for the next request, and none to one that was replaced. */
import { Agent, type AgentOptions, type ClientRequest } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface TargetAgentOptions {
  connect(): Promise<Socket>;
  /** 0 keeps none. */
  maxPooled: number;
  poolIdleMs: number;
}

export class TargetAgent extends Agent {
  readonly #options: TargetAgentOptions;
  readonly #unused = new Set<Socket>();
  #closed = false;

  constructor(options: TargetAgentOptions) {
    super(agentOptions(options.maxPooled));
    this.#options = options;
  }

  /** From now on no connection is kept; those in use end with their response. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#unused) socket.destroy();
  }

  override createConnection(_: unknown, done: (error: Error | null, socket: Duplex) => void): undefined {
    this.#options.connect().then(
      (socket) => {
        socket.once("close", () => this.#unused.delete(socket));
        socket.on("timeout", () => {
          if (this.#unused.has(socket)) socket.destroy();
        });
        done(null, socket);
      },
      // The type asks for a socket where Node asks for none.
      (error: Error) => (done as (error: Error) => void)(error),
    );
    return undefined;
  }

  override keepSocketAlive(stream: Duplex): boolean {
    const socket = stream as Socket; // `connect` gives no other
    if (this.#closed || this.#options.maxPooled === 0) return false;
    // Node's own answer takes into account how long the target said that it keeps the connection.
    const kept = super.keepSocketAlive(socket) as unknown as boolean; // typed as void
    if (!kept) return false;
    const hintMs = socket.timeout ?? 0;
    socket.setTimeout(hintMs > 0 ? Math.min(hintMs, this.#options.poolIdleMs) : this.#options.poolIdleMs);
    this.#unused.add(socket);
    return true;
  }

  override reuseSocket(stream: Duplex, request: ClientRequest): void {
    const socket = stream as Socket; // `connect` gives no other
    this.#unused.delete(socket);
    socket.setTimeout(0);
    super.reuseSocket(socket, request);
  }
}

// Also where none is kept: else node would close a connection with the end of the response, in the middle of a body.
const agentOptions = (maxPooled: number): AgentOptions => ({
  keepAlive: true,
  maxFreeSockets: Math.max(1, maxPooled),
  scheduling: "lifo",
});
