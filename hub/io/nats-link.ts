/** The hub's connection to the NATS of its own machine: kept for ever, with its state for verdicts and refusals. */
import { type ConnectionOptions, Events, type NatsConnection } from "nats";
import { ownInboxes } from "../core/inbox-names.ts";
import { nameInboxes } from "./inboxes.ts";
import { type Log, messageOf } from "./log.ts";
import { connectNats } from "./nats-connect.ts";
import { seedFileAuthenticator } from "./seed-file.ts";

export interface NatsLinkOptions {
  host: string;
  port: number;
  name: string;
  /** File with the NKey seed to be shown. @default none is shown */
  seedFile: string | undefined;
  log: Log;
  /** Machine whose inboxes answers come to. @default any inboxes, as of a client that nobody knows */
  machine?: string;
  /** Called after each connect but the first. */
  onReconnect(nc: NatsConnection): void;
}

const reconnectWaitMs = 100;
const pingIntervalMs = 1_000;
/** After the first try of a renewed seed that NATS does not know yet; doubled by each further one. */
const renewEveryMs = 250;
/** A seed may wait for days; who reloads NATS cuts the old key, and a link that is cut reads the file when it dials. */
const longestRenewMs = 30_000;
/** A cut between two seeds that is longer is a cut as any. */
const renewalCutMs = 1_000;

export class NatsLink {
  readonly nc: NatsConnection;
  readonly #options: NatsLinkOptions;
  /** What a trial of a seed has in common with the link, the memory of the last good seed included. */
  readonly #connection: ConnectionOptions;
  #connected = true;
  /** On the way to another seed: a cut is then expected to be short, and what is sent meanwhile waits for its end. */
  #renewing = false;
  /** Until a cut between two seeds counts as one. */
  #patience: NodeJS.Timeout | undefined;
  /** Of the newest order to renew the seed; an older one ends. */
  #renewal = 0;
  /** How often it was connected anew. */
  #dials = 0;
  readonly #onCut = new Set<() => void>();

  private constructor(nc: NatsConnection, options: NatsLinkOptions, connection: ConnectionOptions) {
    this.nc = nc;
    this.#options = options;
    this.#connection = connection;
  }

  /** Waits until NATS answers, however long that takes; `signal` ends the wait with an error. */
  static async open(options: NatsLinkOptions, signal: AbortSignal): Promise<NatsLink> {
    const { host, port, name, log } = options;
    const connection = connectionOptions(options);
    let complaint = "";
    for (;;) {
      signal.throwIfAborted();
      try {
        const nc = await connectNats({
          ...connection,
          name,
          maxReconnectAttempts: -1,
          reconnectTimeWait: reconnectWaitMs,
          reconnectJitter: reconnectWaitMs / 2,
          // A key that is refused twice may be known the third time, when both sides have been told of it.
          ignoreAuthErrorAbort: true,
          pingInterval: pingIntervalMs,
          maxPingOut: 2,
        });
        if (options.machine !== undefined) nameInboxes(nc, options.machine);
        const link = new NatsLink(nc, options, connection);
        void link.#follow();
        return link;
      } catch (error) {
        const message = messageOf(error);
        if (message !== complaint) log.warn("nats.unreachable", { host, port, error: message });
        complaint = message;
        await new Promise((resolve) => setTimeout(resolve, reconnectWaitMs));
      }
    }
  }

  /** Rejects when NATS does not take this hub. */
  static async probe(options: Omit<NatsLinkOptions, "onReconnect">): Promise<void> {
    const { name } = options;
    try {
      await tryConnection(connectionOptions(options), `${name} (probe)`);
    } catch (error) {
      throw new Error(`NATS of this machine does not take this hub: ${messageOf(error)}`);
    }
  }

  get connected(): boolean {
    return (this.#connected || this.#renewing) && !this.nc.isClosed();
  }

  /** Calls back when the connection is cut, though not for the moment between two seeds; the returned function takes that back. */
  readonly onCut = (tell: () => void): (() => void) => {
    this.#onCut.add(tell);
    return () => this.#onCut.delete(tell);
  };

  /**
   * Goes over to the seed that the file holds now, as soon as NATS knows it: it is tried on a connection of its own first,
   * so that the standing one is not given up for a key that is refused.
   */
  renewSeed(): void {
    // One that is cut reads the file when it dials.
    if (this.#options.seedFile === undefined || !this.#connected) return;
    this.#renewing = true;
    void this.#renew(++this.#renewal);
  }

  async close(): Promise<void> {
    await this.nc.close();
  }

  async #renew(renewal: number): Promise<void> {
    const { name, log } = this.#options;
    const dials = this.#dials;
    const stands = () => this.#connected && this.#dials === dials && this.#renewal === renewal && !this.nc.isClosed();
    for (let tries = 0; stands(); tries++) {
      try {
        await tryConnection(this.#connection, `${name} (trial of a seed)`);
        if (stands()) await this.nc.reconnect();
        return;
      } catch (error) {
        if (tries === 0) log.warn("nats.seed_refused", { error: messageOf(error) });
        const waitMs = Math.min(longestRenewMs, renewEveryMs * 2 ** tries);
        await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
      }
    }
  }

  async #follow(): Promise<void> {
    const { log, onReconnect } = this.#options;
    for await (const status of this.nc.status()) {
      if (status.type === Events.Disconnect) {
        if (this.#connected) log.warn("nats.disconnected", { renewing: this.#renewing });
        this.#connected = false;
        if (this.#renewing) this.#patience ??= setTimeout(() => this.#giveUpRenewing(), renewalCutMs).unref();
        if (!this.connected) for (const tell of this.#onCut) tell();
      } else if (status.type === Events.Reconnect && !this.#connected) {
        // The client says so once for each try that was refused before.
        this.#connected = true;
        this.#dials++;
        this.#renewing = false;
        clearTimeout(this.#patience);
        this.#patience = undefined;
        log.info("nats.connected");
        onReconnect(this.nc);
      }
    }
    this.#connected = false;
    clearTimeout(this.#patience);
  }

  #giveUpRenewing(): void {
    this.#patience = undefined;
    this.#renewing = false;
    for (const tell of this.#onCut) tell();
  }
}

/** Rejects when NATS does not take it. */
async function tryConnection(connection: ConnectionOptions, name: string): Promise<void> {
  const trial = await connectNats({ ...connection, name, reconnect: false });
  await trial.close();
}

function connectionOptions({
  host,
  port,
  seedFile,
  log,
  machine,
}: Omit<NatsLinkOptions, "onReconnect">): ConnectionOptions {
  const authenticator = seedFile === undefined ? undefined : seedFileAuthenticator(seedFile, log);
  const inboxPrefix = machine && ownInboxes(machine);
  return { servers: `${host}:${port}`, timeout: 2_000, authenticator, inboxPrefix };
}
