/** The hub's connection to the NATS of its own machine: kept for ever, with its state for verdicts and refusals. */
import { Events, type NatsConnection } from "nats";
import type { Log } from "./log.ts";
import { connectNats } from "./nats-connect.ts";

export interface NatsLinkOptions {
  host: string;
  port: number;
  name: string;
  log: Log;
  /** Called after each connect but the first. */
  onReconnect(nc: NatsConnection): void;
}

const reconnectWaitMs = 100;
const pingIntervalMs = 1_000;

export class NatsLink {
  readonly nc: NatsConnection;
  #connected = true;

  private constructor(nc: NatsConnection) {
    this.nc = nc;
  }

  /** Waits until NATS answers, however long that takes; `signal` ends the wait with an error. */
  static async open(options: NatsLinkOptions, signal: AbortSignal): Promise<NatsLink> {
    const { host, port, name, log, onReconnect } = options;
    let complained = false;
    for (;;) {
      signal.throwIfAborted();
      try {
        const nc = await connectNats({
          servers: `${host}:${port}`,
          name,
          maxReconnectAttempts: -1,
          reconnectTimeWait: reconnectWaitMs,
          reconnectJitter: reconnectWaitMs / 2,
          pingInterval: pingIntervalMs,
          maxPingOut: 2,
          timeout: 2_000,
        });
        const link = new NatsLink(nc);
        void link.#follow(log, onReconnect);
        return link;
      } catch (error) {
        if (!complained) log.warn("nats.unreachable", { host, port, error: String(error) });
        complained = true;
        await new Promise((resolve) => setTimeout(resolve, reconnectWaitMs));
      }
    }
  }

  get connected(): boolean {
    return this.#connected && !this.nc.isClosed();
  }

  async close(): Promise<void> {
    await this.nc.close();
  }

  async #follow(log: Log, onReconnect: (nc: NatsConnection) => void): Promise<void> {
    for await (const status of this.nc.status()) {
      if (status.type === Events.Disconnect) {
        this.#connected = false;
        log.warn("nats.disconnected");
      } else if (status.type === Events.Reconnect) {
        this.#connected = true;
        log.info("nats.connected");
        onReconnect(this.nc);
      }
    }
    this.#connected = false;
  }
}
