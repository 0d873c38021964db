/** Seals what the hubs tell each other over HTTP, by the keys of beats: it is believed when it can only have come from the peer's hub, and just now. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Refused } from "../core/refused.ts";

/** With it a hub asks for seals; what is sealed holds for this one question. */
export const nonceHeader = "tandem-nonce";
export const sealHeader = "tandem-seal";

/** As the judge's thread knows them, which learns the peer's over NATS. */
export interface KnownKeys {
  /** This hub's own; several while they are renewed, since the peer may know either. */
  sealing: readonly Uint8Array[];
  /** Undefined until the peer was heard over NATS for the first time. */
  peer: Uint8Array | undefined;
}

export interface PeerSealsOptions {
  /** Whether this hub asks for them: where NATS knows who speaks, which is how the keys are learned. */
  needed: boolean;
  refused: Refused;
}

const nonceBytes = 16;
const nonceText = /^[0-9a-f]{32}$/;
/** More than a hub has keys; of a stranger's header no more is looked at. */
const maxSeals = 4;

/** What the question says that is answered; undefined when no seal is asked for. */
export function nonceOf({ headers }: IncomingMessage): string | undefined {
  const nonce = headers[nonceHeader];
  return typeof nonce === "string" && nonceText.test(nonce) ? nonce : undefined;
}

const hexOf = (keys: readonly Uint8Array[]) => keys.map((key) => Buffer.from(key).toString("hex")).join();

export class PeerSeals {
  readonly needed: boolean;
  readonly #refused: Refused;
  #known: KnownKeys = { sealing: [], peer: undefined };
  #sealing: readonly Uint8Array[] = [];

  constructor({ needed, refused }: PeerSealsOptions) {
    this.needed = needed;
    this.#refused = refused;
  }

  /** The keys have changed. Those of before seal as well: the peer's main thread may hear of the new ones later than its judge. */
  learn(known: KnownKeys): void {
    const isSame = hexOf(known.sealing) === hexOf(this.#known.sealing);
    if (isSame) {
      this.#known = known;
      return;
    }
    const before = this.#known.sealing.filter((key) => !known.sealing.some((other) => Buffer.from(other).equals(key)));
    this.#known = known;
    this.#sealing = [...known.sealing, ...before];
  }

  /** Whether the peer's seals can be told from others. */
  get canCheck(): boolean {
    return this.#known.peer !== undefined;
  }

  newNonce(): string {
    return randomBytes(nonceBytes).toString("hex");
  }

  /** @param what it is, in its place: nothing may be taken for something else. Empty before the keys are known */
  sealsOf(nonce: string, what: string, text: string): string {
    return this.#sealing.map((key) => sealOf(key, nonce, what, text).toString("hex")).join(",");
  }

  /** Whether one of these seals is the peer's, made for this question. */
  isGenuine(seals: string, nonce: string, what: string, text: string): boolean {
    const { peer } = this.#known;
    if (peer === undefined) return false;
    const wanted = sealOf(peer, nonce, what, text);
    return seals.split(",", maxSeals).some((seal) => {
      const bytes = Buffer.from(seal, "hex");
      return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
    });
  }

  /** Something was said in the peer's place that was not sealed by it. */
  refuse(): void {
    this.#refused.count("report");
  }
}

/** A beat's text begins with a brace, so that no seal of one is a seal of the other. */
function sealOf(key: Uint8Array, nonce: string, what: string, text: string): Buffer {
  return createHmac("sha256", key)
    .update(`${JSON.stringify(["tandem-http", nonce, what])}\n`)
    .update(text)
    .digest();
}
