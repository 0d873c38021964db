/**
 * TLS at the hub's port, beside plain HTTP: the first byte of a connection says which it is. It says who may come without TLS, and that only
 * the peer's hub asks what the hubs ask each other.
 */
import { constants } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { createServer } from "node:tls";
import { isFromHere } from "../io/from-here.ts";
import type { Log } from "../io/log.ts";
import { plainAddress } from "../io/plain-address.ts";
import type { TlsConfig } from "./config.ts";
import { whyNotOf } from "./identity.ts";
import { isTls } from "./is-tls.ts";
import { type Material, TlsFiles } from "./tls-files.ts";

export interface DoorOptions {
  tls: TlsConfig;
  machine: string;
  peer: string;
  /** From the connection to the end of the handshake, ms. */
  handshakeMs: number;
  log: Log;
  /** Between two looks whether there are other files, ms. @default 1000 */
  lookEveryMs?: number;
}

/** Handshakes that came to nothing, and requests that were refused: without TLS, or of what only the peer's hub may ask. */
export type TurnedAway = Record<"handshake" | "plain" | "not-peer", number>;

export interface Refusal {
  status: 403 | 426;
  text: string;
  headers: Record<string, string>;
}

/** What the hubs ask each other. */
export const internalPrefix = "/internal/";
/** Type of the record with which a handshake begins; no method of HTTP begins so. */
const handshakeByte = 0x16;
const saidAgainMs = 60_000;
/** Said with each new certificate: what is left out then is forgotten. */
const policy = {
  minVersion: "TLSv1.2",
  // A resumed session would be believed by a certificate that has ended meanwhile.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const;

export class TlsDoor {
  readonly #options: DoorOptions;
  readonly #files: TlsFiles;
  readonly #server = createServer({
    requestCert: true,
    // Anybody may come; what a certificate is needed for is asked for with each request.
    rejectUnauthorized: false,
    ...policy,
  });
  /** Connections on which nothing was understood yet, by their two ends. */
  readonly #greeting = new Map<string, { socket: Socket; understood(): void }>();
  readonly #saidAtMs = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  readonly turnedAway: TurnedAway = { handshake: 0, plain: 0, "not-peer": 0 };

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#files = new TlsFiles(options.tls, options.machine);
    this.#look();
    this.#timer = setInterval(() => this.#look(), options.lookEveryMs ?? 1_000).unref();
  }

  /** What is in use; undefined while no handshake succeeds. */
  get material(): Material | undefined {
    return this.#files.material;
  }

  /** Why a new certificate is not in use; undefined when it is. */
  get complaint(): string | undefined {
    return this.#files.complaint;
  }

  /** From now on this server of HTTP hears what comes by TLS too, and is what it was in all else. */
  standBefore(server: Server): void {
    // Node's own, which makes requests of whatever comes on a socket.
    const serve = server.listeners("connection");
    server.removeAllListeners("connection");
    const take = (socket: Socket) => {
      for (const one of serve) one.call(server, socket);
    };
    server.on("connection", (socket) => this.#greet(socket, take));
    this.#server.on("secureConnection", (socket) => {
      this.#greeting.get(endsOf(socket))?.understood();
      take(socket);
    });
    this.#server.on("tlsClientError", (_, socket) => void socket.destroy());
  }

  /** How this request is turned away; undefined when it is not. */
  refusalOf({ socket, headers, url = "" }: IncomingMessage): Refusal | undefined {
    const { plain } = this.#options.tls;
    if (!isTls(socket) && plain !== "all" && !(plain === "here" && isFromHere(socket))) {
      this.#turnAway("plain", socket);
      const who = plain === "here" ? "from its own machine only" : "from nobody";
      const text = `this hub takes requests without TLS ${who}: ask https://${headers.host ?? "it"} and trust the CA of the site`;
      return { status: 426, text, headers: { upgrade: "TLS/1.2", connection: "close, upgrade" } };
    }
    if (!url.startsWith(internalPrefix)) return undefined;
    const why = this.#whyNotPeer(socket);
    if (why === undefined) return undefined;
    this.#turnAway("not-peer", socket, why);
    return { status: 403, text: `only the hub of ${this.#options.peer} may ask this: ${why}`, headers: {} };
  }

  /** Ends connections on which nothing was understood yet. */
  dropGreeting(): void {
    for (const { socket } of this.#greeting.values()) socket.destroy();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.dropGreeting();
  }

  #look(): void {
    const { log, tls } = this.#options;
    const { certFile: path } = tls;
    if (!this.#files.look()) return;
    const { material, complaint } = this.#files;
    if (complaint !== undefined) log.error("tls.unreadable", { path, error: complaint });
    if (complaint !== undefined || material === undefined) return;
    const { cert, key, ca, endsAtMs } = material;
    // Connections that stand go on by the one before.
    this.#server.setSecureContext({ ...policy, cert, key, ca });
    log.info("tls.read", { path, until: new Date(endsAtMs).toISOString() });
  }

  #greet(socket: Socket, take: (socket: Socket) => void): void {
    const ends = endsOf(socket);
    let isSecuring = false;
    // Timed as a whole: the library's own deadline begins anew with each byte.
    const deadline = setTimeout(() => socket.destroy(), this.#options.handshakeMs);
    const closed = () => {
      understood();
      if (isSecuring) this.turnedAway.handshake++;
    };
    const understood = () => {
      clearTimeout(deadline);
      socket.off("close", closed);
      this.#greeting.delete(ends);
    };
    const end = () => void socket.destroy();
    const peek = () => {
      const first: Buffer | null = socket.read(1);
      if (first === null) return;
      socket.off("readable", peek).off("end", end).unshift(first);
      isSecuring = first[0] === handshakeByte;
      if (isSecuring) return void this.#server.emit("connection", socket);
      understood();
      take(socket);
    };
    this.#greeting.set(ends, { socket, understood });
    socket.on("error", () => {}).on("close", closed);
    socket.on("readable", peek).on("end", end);
  }

  #whyNotPeer(socket: Socket): string | undefined {
    if (!isTls(socket)) return "it is asked without TLS";
    const certificate = socket.getPeerCertificate();
    if (certificate.valid_to === undefined) return "no certificate is shown";
    if (!socket.authorized) return `the certificate is not believed: ${socket.authorizationError}`;
    if (Date.parse(certificate.valid_to) < Date.now()) return "the certificate has ended";
    return whyNotOf(this.#options.peer, certificate);
  }

  /** Whoever comes again and again is not to fill the log. */
  #turnAway(what: keyof TurnedAway, socket: Socket, reason = "it came without TLS"): void {
    this.turnedAway[what]++;
    const nowMs = performance.now();
    if (nowMs - (this.#saidAtMs.get(what) ?? Number.NEGATIVE_INFINITY) < saidAgainMs) return;
    this.#saidAtMs.set(what, nowMs);
    this.#options.log.warn("tls.refused", { what, from: plainAddress(socket.remoteAddress), reason });
  }
}

const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket) =>
  [remoteAddress, remotePort, localAddress, localPort].join(" ");
