/** Hears the peer's reports on both paths. Whether it lives is judged from beats alone (hub/judge). */
import { request as plainRequest } from "node:http";
import type { NatsConnection, Subscription } from "nats";
import { Heartbeat } from "../core/heartbeat.ts";
import type { HubDial } from "../tls/dial.ts";
import { heartbeatPath, heartbeatSubject } from "./heartbeat-sender.ts";
import { type Log, messageOf } from "./log.ts";

export type HeartbeatRoute = "nats" | "http";

export interface HeartbeatReceiverOptions {
  peer: string;
  /** The peer hub's HTTP address. */
  address: { host: string; port: number };
  /** How it is asked. @default without TLS */
  dial?: Pick<HubDial, "request">;
  log: Log;
  heard(beat: Heartbeat, route: HeartbeatRoute): void;
}

const retryMs = 100;
const connectDeadlineMs = 1_000;
/** An open connection that brings nothing is dropped and made anew, ms. */
const idleDeadlineMs = 2_000;
const maxLineBytes = 4 * 1024 * 1024;

export class HeartbeatReceiver {
  readonly #options: HeartbeatReceiverOptions;
  #subscription: Subscription | undefined;
  #retry: NodeJS.Timeout | undefined;
  #close = () => {};
  #stopped = false;
  /** The last one taken: most come twice, by either path. */
  #last: { text: string; beat: Heartbeat } | undefined;

  constructor(options: HeartbeatReceiverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#connect();
  }

  /** From now on heartbeats are heard by NATS too. */
  attach(nc: NatsConnection): void {
    this.#subscription = nc.subscribe(heartbeatSubject(this.#options.peer), {
      callback: (error, message) => {
        if (error === null) this.#take(Buffer.from(message.data).toString(), "nats");
      },
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#subscription?.unsubscribe();
    this.#close();
  }

  #connect(): void {
    const { host, port } = this.#options.address;
    const ask = { host, port, path: heartbeatPath, agent: false };
    const request = this.#options.dial?.request(ask) ?? plainRequest(ask);
    const giveUp = () => void request.destroy();
    let deadline = setTimeout(giveUp, connectDeadlineMs);
    this.#close = giveUp;
    request.on("socket", (socket) => socket.setNoDelay(true));
    request.on("response", (response) => {
      if (response.statusCode !== 200) return giveUp();
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        clearTimeout(deadline);
        deadline = setTimeout(giveUp, idleDeadlineMs);
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        if (rest.length > maxLineBytes) giveUp();
        else for (const line of lines) this.#take(line, "http");
      });
      response.on("error", () => {});
    });
    request.on("error", () => {});
    request.end();
    request.on("close", () => {
      clearTimeout(deadline);
      if (!this.#stopped) this.#retry = setTimeout(() => this.#connect(), retryMs);
    });
  }

  #take(text: string, route: HeartbeatRoute): void {
    let beat: Heartbeat;
    try {
      beat = this.#last?.text === text ? this.#last.beat : Heartbeat.parse(JSON.parse(text));
      this.#last = { text, beat };
    } catch (error) {
      this.#options.log.warn("heartbeat.malformed", { route, error: messageOf(error).slice(0, 200) });
      return;
    }
    if (beat.machine !== this.#options.peer) return;
    try {
      this.#options.heard(beat, route);
    } catch (error) {
      // Thrown from here it would end the reader of the whole connection.
      this.#options.log.error("heartbeat.failed", { route, error: messageOf(error) });
    }
  }
}
