/** One ZeroMQ REQ connection over node:net: shakes hands, then carries one request at a time. */
import { connect, type Socket } from "node:net";
import { maxBodyBytes, start } from "./health-body.ts";
import {
  encodeCommand,
  encodeGreeting,
  encodeMessage,
  encodeReady,
  readProperties,
  ZmtpDecoder,
  type ZmtpEvent,
} from "./zmtp.ts";

export type RequestOutcome =
  | { type: "reply"; text: string }
  /** Closed by the other side or by `destroy`; `error` when the socket gave one. */
  | { type: "closed"; error?: Error }
  | { type: "wrong-protocol"; reason: string }
  | { type: "malformed"; reason: string };

/** How far it came, for the reason of a deadline missed. */
export type Stage = "connecting" | "greeting" | "handshake" | "open";

/** What waits to be taken of all that was said: who asks and does not listen is not answered any more, bytes. */
const maxUnread = 64 * 1024;
/** Of a PING, as its protocol (ZMTP 3.1) has it, bytes. */
const maxPingContext = 16;
/** A socket that minds a silent connection sends a few. */
const maxPingsPerSecond = 100;

const empty = Buffer.alloc(0);
const greeting = encodeGreeting();

/** Signature and version: enough for ZeroMQ to send the whole of its own greeting. */
const versionBytes = 11;

/**
 * The other side says first what it is: a socket of another mechanism or type resets the connection when it learns what
 * this one is, and a reset takes with it what it had said itself. Who wants to hear first waits this long, ms.
 */
const patienceMs = 50;

export class ZmqConnection {
  stage: Stage = "connecting";
  readonly #socket: Socket;
  readonly #decoder = new ZmtpDecoder(maxBodyBytes);
  readonly #onIdleClose: () => void;
  readonly #sniff: NodeJS.Timeout;
  /** What is held back until the other side has spoken. */
  #heldBack: Buffer | undefined;
  #patience: NodeJS.Timeout | undefined;
  #pending: { request: string; settle: (outcome: RequestOutcome) => void } | undefined;
  #pings = { second: 0, count: 0 };
  #error: Error | undefined;
  #ended = false;

  /** @param sniffAfterMs of silence after which it is tested for a server that waits for lines, ms */
  constructor(host: string, port: number, sniffAfterMs: number, onIdleClose: () => void) {
    this.#onIdleClose = onIdleClose;
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on("connect", () => {
      this.stage = "greeting";
      this.#socket.write(greeting.subarray(0, versionBytes));
      this.#sayLater(greeting.subarray(versionBytes));
    });
    this.#socket.on("data", (chunk) => {
      for (const event of this.#decoder.push(chunk)) if (!this.#ended) this.#take(event);
    });
    this.#socket.on("error", (error) => {
      this.#error = error;
    });
    this.#socket.on("close", () => this.#closed());
    // ZeroMQ greets whoever connects, even while its program hangs. Who is silent until now may be an HTTP server that
    // waits for the end of a request: an empty line makes it complain, and so tells it from a dead agent.
    this.#sniff = setTimeout(() => {
      if (this.stage === "greeting" && this.#socket.bytesRead === 0) this.#socket.write("\r\n\r\n");
    }, sniffAfterMs);
  }

  /** False once it is closed or has misbehaved; then a new one is needed. */
  get usable(): boolean {
    return !this.#ended;
  }

  /** One at a time; a second request before the outcome of the first is a bug and throws. */
  request(text: string): Promise<RequestOutcome> {
    if (this.#pending !== undefined) throw new Error("a request is under way on this connection");
    if (this.#ended) return Promise.resolve({ type: "closed" });
    return new Promise((settle) => {
      this.#pending = { request: text, settle };
      if (this.stage === "open") this.#send();
    });
  }

  destroy(): void {
    this.#end({ type: "closed" });
  }

  #take(event: ZmtpEvent): void {
    switch (event.type) {
      case "foreign":
        this.#end({ type: "wrong-protocol", reason: describeForeign(event.start) });
        break;
      case "violation":
        this.#end({ type: this.stage === "open" ? "malformed" : "wrong-protocol", reason: event.reason });
        break;
      case "greeting":
        this.#greet(event.mechanism);
        break;
      case "command":
        this.#command(event.name, event.body);
        break;
      case "message":
        this.#reply(event.parts);
        break;
    }
  }

  #greet(mechanism: string): void {
    if (mechanism !== "NULL") {
      const reason = `its ZeroMQ socket demands ${mechanism}, and this probe speaks only NULL`;
      this.#end({ type: "wrong-protocol", reason });
      return;
    }
    this.stage = "handshake";
    this.#sayNow();
    this.#sayLater(encodeReady("REQ"));
  }

  #sayLater(bytes: Buffer): void {
    this.#heldBack = bytes;
    this.#patience = setTimeout(() => this.#sayNow(), patienceMs);
  }

  #sayNow(): void {
    clearTimeout(this.#patience);
    if (this.#heldBack !== undefined) this.#socket.write(this.#heldBack);
    this.#heldBack = undefined;
  }

  #command(name: string, body: Buffer): void {
    if (name === "READY" && this.stage === "handshake") {
      this.#open(readProperties(body).get("socket-type") ?? "nameless");
    } else if (name === "ERROR") {
      const reason = `its ZeroMQ socket turned the handshake down: ${start(body.toString("latin1", 1))}`;
      this.#end({ type: "wrong-protocol", reason });
    } else if (name === "PING") {
      this.#pong(body);
    }
  }

  /** Two bytes of time to live come first, then a context that wants to be sent back. */
  #pong(ping: Buffer): void {
    const context = ping.subarray(2);
    if (context.length > maxPingContext) {
      this.#end({
        type: "malformed",
        reason: `its ZeroMQ socket sends a PING with ${context.length} bytes to be sent back`,
      });
      return;
    }
    const second = Math.floor(performance.now() / 1_000);
    this.#pings = this.#pings.second === second ? { second, count: this.#pings.count + 1 } : { second, count: 1 };
    const isUnread = this.#socket.writableLength > maxUnread;
    if (isUnread || this.#pings.count > maxPingsPerSecond) {
      const what = isUnread ? "and does not read the answers" : `more often than ${maxPingsPerSecond} times a second`;
      this.#end({ type: "malformed", reason: `its ZeroMQ socket sends PINGs ${what}` });
      return;
    }
    this.#socket.write(encodeCommand("PONG", context));
  }

  #open(socketType: string): void {
    if (socketType !== "REP" && socketType !== "ROUTER") {
      const reason = `a ZeroMQ ${socketType} socket answers where a REP socket is expected`;
      this.#end({ type: "wrong-protocol", reason });
      return;
    }
    this.stage = "open";
    this.#sayNow();
    clearTimeout(this.#sniff);
    if (this.#pending !== undefined) this.#send();
  }

  #send(): void {
    this.#socket.write(encodeMessage([empty, Buffer.from(this.#pending?.request ?? "")]));
  }

  /** An empty part divides the envelope from the reply; a reply of several parts counts as one text. */
  #reply(parts: Buffer[]): void {
    const [divider, ...rest] = parts;
    if (this.stage !== "open" || divider === undefined || divider.length > 0) {
      this.#end({ type: "malformed", reason: "its reply lacks the empty part that REQ expects" });
      return;
    }
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.settle({ type: "reply", text: Buffer.concat(rest).toString("utf8") });
  }

  #closed(): void {
    if (this.#ended) return;
    const idle = this.#pending === undefined;
    this.#end(this.#closeOutcome());
    if (idle) this.#onIdleClose();
  }

  /** ZeroMQ does not say what it minds about a handshake: it greets and hangs up. */
  #closeOutcome(): RequestOutcome {
    if (this.stage !== "open" && this.#socket.bytesRead > 0) {
      const reason = "its ZeroMQ socket hung up during the handshake; perhaps it demands PLAIN or CURVE";
      return { type: "wrong-protocol", reason };
    }
    return this.#error === undefined ? { type: "closed" } : { type: "closed", error: this.#error };
  }

  #end(outcome: RequestOutcome): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#ended = true;
    clearTimeout(this.#sniff);
    clearTimeout(this.#patience);
    this.#socket.destroy();
    pending?.settle(outcome);
  }
}

function describeForeign(bytes: Buffer): string {
  const text = bytes.toString("latin1", 0, 200);
  if (/^(HTTP\/|<)/.test(text)) return "an HTTP server answers where ZeroMQ is expected";
  return `what answers is not ZeroMQ, it says: ${start(text)}`;
}
