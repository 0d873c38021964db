/** Sends this hub's heartbeats on both paths: a NATS subject, and an HTTP response that never ends. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NatsConnection } from "nats";
import type { Heartbeat } from "../core/heartbeat.ts";
import type { PeerSeals } from "./peer-seals.ts";
import { plainAddress } from "./plain-address.ts";
import { LineSealer } from "./sealed-lines.ts";

export const heartbeatSubject = (machine: string) => `tandem.heartbeat.${machine}`;
export const heartbeatPath = "/internal/v1/heartbeats";

export interface HeartbeatSenderOptions {
  machine: string;
  /** Where the peer's hub is, whose reader is always served. */
  peerHost: string;
  seals: PeerSeals;
  /** Between two heartbeats, ms. */
  intervalMs: number;
  /** What to say now; `full` once a second, when all agents are to be reported. */
  compose(full: boolean): Omit<Heartbeat, "v" | "machine" | "counter">;
}

/** The peer has one reader; another allows for one that is being replaced. */
const maxOfAddress = 2;
/** Of all others together, who have no need of it. */
const maxStrangers = 4;
/** A reader that takes nothing is dropped before it costs memory, bytes. */
const maxBacklogBytes = 1024 * 1024;
const fullEveryMs = 1_000;

export class HeartbeatSender {
  readonly #options: HeartbeatSenderOptions;
  /** The oldest first. */
  readonly #readers = new Map<ServerResponse, { address: string; sealer: LineSealer }>();
  readonly #timer: NodeJS.Timeout;
  #nc: NatsConnection | undefined;
  #counter = 0;
  #fullAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HeartbeatSenderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.send(), options.intervalMs);
  }

  /** From now on heartbeats go by NATS too. */
  attach(nc: NatsConnection): void {
    this.#nc = nc;
  }

  /** Also called between two beats when there is news that should not wait. */
  send(): void {
    const { machine, compose } = this.#options;
    const nowMs = performance.now();
    const full = nowMs - this.#fullAtMs >= fullEveryMs;
    if (full) this.#fullAtMs = nowMs;
    this.#counter++;
    const beat: Heartbeat = { v: 1, machine, counter: this.#counter, ...compose(full) };
    const text = JSON.stringify(beat);
    if (this.#nc?.isClosed() === false) this.#nc.publish(heartbeatSubject(machine), text);
    for (const [reader, { sealer }] of this.#readers) {
      if (reader.writableLength > maxBacklogBytes) {
        reader.destroy();
        continue;
      }
      const line = sealer.line(text);
      if (line !== undefined) reader.write(line);
    }
  }

  /** Handles GET of `heartbeatPath`. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const address = plainAddress(request.socket.remoteAddress);
    const isPeer = address === this.#options.peerHost;
    const ofAddress = [...this.#readers].filter(([, other]) => other.address === address);
    const strangers = [...this.#readers.values()].filter((other) => other.address !== this.#options.peerHost).length;
    if (isPeer && ofAddress.length >= maxOfAddress) ofAddress[0]?.[0].destroy();
    else if (!isPeer && (ofAddress.length >= maxOfAddress || strangers >= maxStrangers)) {
      response.writeHead(503, { "retry-after": "1" }).end("too many readers of heartbeats\n");
      return;
    }
    request.socket.setNoDelay(true);
    response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    response.flushHeaders();
    this.#readers.set(response, { address, sealer: new LineSealer(this.#options.seals, request) });
    response.on("close", () => this.#readers.delete(response));
    response.on("error", () => this.#readers.delete(response));
    this.#fullAtMs = Number.NEGATIVE_INFINITY;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const reader of this.#readers.keys()) reader.destroy();
  }
}
