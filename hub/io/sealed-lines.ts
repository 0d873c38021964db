/** Lines of a stream, each with its seals and its place in the stream: none can be left out, come twice, or come from another stream. */

import type { IncomingMessage } from "node:http";
import { nonceOf, type PeerSeals } from "./peer-seals.ts";

const shape = /^(\d{1,15}) ([0-9a-f,]{64,260}) (?=\{)/;

/** How a report begins, whose hub counts them. */
const counted = /^\{"v":1,"machine":"[^"]*","counter":(\d+)/;

const whatOf = (place: number) => `line ${place} of reports`;

/** Mutable; one for each stream that is sent. */
export class LineSealer {
  readonly #seals: PeerSeals;
  readonly #nonce: string | undefined;
  #place = 0;

  /** @param request whose answer the stream is; one that asks for no seals is sent plain lines */
  constructor(seals: PeerSeals, request: IncomingMessage) {
    this.#seals = seals;
    this.#nonce = nonceOf(request);
  }

  /** Undefined while this hub does not know its keys yet. */
  line(text: string): string | undefined {
    if (this.#nonce === undefined) return `${text}\n`;
    const seals = this.#seals.sealsOf(this.#nonce, whatOf(this.#place + 1), text);
    if (seals === "") return undefined;
    this.#place++;
    return `${this.#place} ${seals} ${text}\n`;
  }
}

/** Mutable; one for each stream that is asked for. */
export class LineOpener {
  readonly nonce: string | undefined;
  readonly #seals: PeerSeals;
  #place = 0;
  /** Of the report before. */
  #counter: number | undefined;

  constructor(seals: PeerSeals) {
    this.#seals = seals;
    this.nonce = seals.needed ? seals.newNonce() : undefined;
  }

  /**
   * Whether it is the very next report of that hub. Who stands between may ask the hub himself with the nonce of this question, and go over from one
   * of its streams to another.
   */
  follows(text: string): boolean {
    const [, told] = counted.exec(text) ?? [];
    if (this.nonce === undefined || told === undefined) return true;
    const counter = Number(told);
    const isNext = this.#counter === undefined || counter === this.#counter + 1;
    this.#counter = counter;
    return isNext;
  }

  /** What the peer's hub said; undefined when it did not, or not as the next thing in this stream: then nothing that follows counts. */
  open(line: string): string | undefined {
    if (this.nonce === undefined) return line;
    const [head, place, seals = ""] = shape.exec(line) ?? [];
    if (head === undefined || Number(place) !== this.#place + 1) return undefined;
    const text = line.slice(head.length);
    if (!this.#seals.isGenuine(seals, this.nonce, whatOf(this.#place + 1), text)) return undefined;
    this.#place++;
    return text;
  }
}
