/** The path of beats over NATS, which is slower, knows who publishes, and therefore carries the key by which the others are checked. */
import type { HubConfig } from "../config.ts";
import type { Log } from "../io/log.ts";
import { NatsLink } from "../io/nats-link.ts";
import { keyBytes } from "./beat.ts";

export const beatSubject = (machine: string) => `tandem.beats.${machine}`;

const againMs = 1_000;

export interface NatsPathOptions {
  config: HubConfig;
  log: Log;
  received(bytes: Buffer, key: Buffer): void;
}

export class NatsPath {
  readonly #options: NatsPathOptions;
  readonly #subject: string;
  #link: NatsLink | undefined;
  #again: NodeJS.Timeout | undefined;

  /** Connects as soon as NATS answers; rejects when `signal` ends the wait. */
  constructor(options: NatsPathOptions) {
    this.#options = options;
    this.#subject = beatSubject(options.config.machine.name);
  }

  async connect(signal: AbortSignal): Promise<void> {
    const { config, log, received } = this.#options;
    const { machine, peer, nats } = config;
    const name = `judge of ${machine.name}`;
    const of = { seedFile: nats.nkeySeedFile, name, machine: machine.name, log };
    const at = { ...machine.nats, ...of, onReconnect: () => {} };
    const link = await NatsLink.open(at, signal);
    const hear = () => {
      link.nc.subscribe(beatSubject(peer.name), {
        callback: (error, { data }) => {
          if (error !== null) {
            // The client has given the subscription up: NATS does not allow it, until it has been told of it.
            log.warn("beats.subscription_refused", { error: error.message });
            if (!link.nc.isClosed()) this.#again = setTimeout(hear, againMs);
          } else if (data.length > keyBytes) {
            const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
            received(bytes.subarray(keyBytes), bytes.subarray(0, keyBytes));
          }
        },
      });
    };
    hear();
    this.#link = link;
  }

  /** While NATS is away nothing is kept for later: an old beat is of no use. @param key by which it is sealed */
  send(key: Buffer, bytes: Buffer): void {
    if (this.#link?.connected === true) this.#link.nc.publish(this.#subject, Buffer.concat([key, bytes]));
  }

  renewSeed(): void {
    this.#link?.renewSeed();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#again);
    await this.#link?.close();
  }
}
