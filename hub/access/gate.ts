/** Asks who sends a request by the token that it shows, and lets nobody guess: wrong ones of an address are counted. */
import type { IncomingMessage } from "node:http";
import { Attempts } from "../core/session/attempts.ts";
import { tokenIn } from "./credential.ts";

export interface Denial {
  status: 401 | 429;
  error: string;
  headers: Record<string, string>;
}

export interface GateOptions<Token> {
  holderOf(token: string): Token | undefined;
  /** For the words to who shows none. @example "a push" */
  what: string;
  /** Wall ms. */
  nowMs(): number;
  onDenied?(status: number): void;
}

export class Gate<Token> {
  readonly #options: GateOptions<Token>;
  readonly #attempts = new Attempts();

  constructor(options: GateOptions<Token>) {
    this.#options = options;
  }

  /** Whose request it is, or what it is answered. */
  ask(request: IncomingMessage): { holder: Token; denial?: undefined } | { denial: Denial } {
    const { holderOf, nowMs } = this.#options;
    const address = request.socket.remoteAddress ?? "";
    const token = tokenIn(request.headers.authorization);
    if (token === undefined) return this.#deny(`${this.#options.what} needs a token: Authorization: Bearer <token>`);
    // A right one is taken whatever others of that address did: agents of a machine share it.
    const holder = holderOf(token);
    if (holder !== undefined) return { holder };
    const waitMs = this.#attempts.waitMs(address, nowMs());
    this.#attempts.wrong(address, nowMs());
    if (waitMs === undefined) return this.#deny("this token is nobody's");
    this.#options.onDenied?.(429);
    const headers = { "retry-after": String(Math.ceil(waitMs / 1_000)) };
    return { denial: { status: 429, error: "too many wrong tokens came from this address; wait a minute", headers } };
  }

  #deny(error: string): { denial: Denial } {
    this.#options.onDenied?.(401);
    return { denial: { status: 401, error, headers: { "www-authenticate": 'Bearer realm="tandem"' } } };
  }
}
