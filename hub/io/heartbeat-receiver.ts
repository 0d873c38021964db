/** Hears the peer's reports on both paths. Whether it lives is judged from beats alone (hub/judge). */
import { request as plainRequest } from "node:http";
import type { NatsConnection, Subscription } from "nats";
import { Heartbeat } from "../core/heartbeat.ts";
import type { HubDial } from "../tls/dial.ts";
import { heartbeatPath, heartbeatSubject } from "./heartbeat-sender.ts";
import { type Log, messageOf } from "./log.ts";
import { nonceHeader, type PeerSeals } from "./peer-seals.ts";
import { LineOpener } from "./sealed-lines.ts";

export type HeartbeatRoute = "nats" | "http";

export interface HeartbeatReceiverOptions {
  peer: string;
  /** The peer hub's HTTP address. */
  address: { host: string; port: number };
  /** By which it is known that it is the peer's hub that answers there. */
  seals: PeerSeals;
  /** How it is asked. @default without TLS */
  dial?: Pick<HubDial, "request">;
  log: Log;
  heard(beat: Heartbeat, route: HeartbeatRoute): void;
}

const retryMs = 100;
const connectDeadlineMs = 1_000;
/** An open connection that brings nothing is dropped and made anew, ms. */
const idleDeadlineMs = 2_000;
/** After somebody else than the peer's hub answered, or one that seals nothing, ms. */
const refusedRetryMs = 1_000;
/**
 * After one that answers with a refusal or ends the connection unanswered, such as one whose certificate is not believed: twice as long each time
 * in a row, up to this, ms. What passes, as while a hub is replaced, costs a beat or two; what stays costs no ten handshakes a second.
 */
const longestRetryMs = 5_000;
/** A stream that is asked for anew proves that what it says is not held back by somebody, ms. */
const freshForMs = 30_000;
const maxLineBytes = 4 * 1024 * 1024;

export class HeartbeatReceiver {
  readonly #options: HeartbeatReceiverOptions;
  #subscription: Subscription | undefined;
  #retry: NodeJS.Timeout | undefined;
  #close = () => {};
  #stopped = false;
  /** Before the next try after one that was turned away, ms. */
  #turnedAwayMs = retryMs;
  /** Whether it was told of that what comes by HTTP is not the peer's. */
  #saidRefused = false;
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
    const { address, seals, dial } = this.#options;
    if (seals.needed && !seals.canCheck) {
      this.#connectIn(retryMs);
      return;
    }
    const opener = new LineOpener(seals);
    const headers = opener.nonce === undefined ? {} : { [nonceHeader]: opener.nonce };
    const ask = { host: address.host, port: address.port, path: heartbeatPath, headers, agent: false };
    const request = dial?.request(ask) ?? plainRequest(ask);
    let isGivenUp = false;
    const giveUp = () => {
      isGivenUp = true;
      request.destroy();
    };
    let deadline = setTimeout(giveUp, connectDeadlineMs);
    const renewal = opener.nonce === undefined ? undefined : setTimeout(giveUp, freshForMs);
    let isRefused = false;
    let [isConnected, isAnswered, isTurnedAway] = [false, false, false];
    this.#close = giveUp;
    request.on("socket", (socket) => {
      socket.setNoDelay(true).once("connect", () => (isConnected = true));
    });
    request.on("response", (response) => {
      isAnswered = true;
      isTurnedAway = response.statusCode !== 200;
      if (isTurnedAway) return giveUp();
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        clearTimeout(deadline);
        deadline = setTimeout(giveUp, idleDeadlineMs);
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        isRefused ||= !lines.every((line) => this.#open(opener, line));
        if (!isRefused && rest.length > maxLineBytes) isRefused = this.#refuse();
        if (isRefused) giveUp();
      });
      response.on("error", () => {});
    });
    // One that is connected and silent was waited for long enough.
    request.on("error", () => (isTurnedAway ||= isConnected && !isAnswered && !isGivenUp));
    request.end();
    request.on("close", () => {
      clearTimeout(deadline);
      clearTimeout(renewal);
      this.#connectIn(isRefused ? refusedRetryMs : this.#retryMs(isTurnedAway));
    });
  }

  #retryMs(isTurnedAway: boolean): number {
    const ms = this.#turnedAwayMs;
    this.#turnedAwayMs = isTurnedAway ? Math.min(2 * ms, longestRetryMs) : retryMs;
    return isTurnedAway ? ms : retryMs;
  }

  #connectIn(ms: number): void {
    if (!this.#stopped) this.#retry = setTimeout(() => this.#connect(), ms);
  }

  /** @returns whether the peer's hub has said it */
  #open(opener: LineOpener, line: string): boolean {
    const text = opener.open(line);
    if (text === undefined || !opener.follows(text)) return !this.#refuse();
    this.#saidRefused = false;
    this.#take(text, "http");
    return true;
  }

  #refuse(): true {
    this.#options.seals.refuse();
    const { host, port } = this.#options.address;
    if (!this.#saidRefused) this.#options.log.warn("heartbeat.unsealed", { host, port });
    this.#saidRefused = true;
    return true;
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
