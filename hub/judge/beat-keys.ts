/** The keys that seal beats: this hub's own, and the peer's, learned over NATS; both outlive the hub in its state directory. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Log, messageOf } from "../io/log.ts";
import { writeDurablySync } from "../io/write-durably.ts";
import { keyBytes } from "./beat.ts";

const ownName = "beats.key";
const peerName = "peer-beats.key";
/** So long a key is still taken that the peer has renewed: what it sent before, and sends until this hub has learned the new one. */
const formerMs = 5_000;
/** So long the peer is told of a new key before its beats by UDP and TCP are sealed by that. */
const settleMs = 1_000;

export class BeatKeys {
  readonly #directory: string | undefined;
  readonly #log: Log;
  #own: Buffer;
  /** By which UDP and TCP are sealed while the peer may not know the own one. */
  #former: Buffer | undefined;
  #toldAtMs: number | undefined;
  #peer: Buffer | undefined;
  #peerFormer: { key: Buffer; untilMs: number } | undefined;

  /** @param directory undefined for keys that end with the hub */
  constructor(directory: string | undefined, log: Log) {
    this.#directory = directory;
    this.#log = log;
    this.#peer = this.#read(peerName);
    const own = this.#read(ownName);
    this.#own = own ?? randomBytes(keyBytes);
    if (own === undefined) this.#write(ownName, this.#own);
  }

  /** What NATS carries. */
  get own(): Buffer {
    return this.#own;
  }

  /** What seals on the direct paths: the own key, or after `renew` the one before it until the peer was told for a second. */
  direct(nowMs: number): Buffer {
    if (this.#toldAtMs !== undefined && nowMs - this.#toldAtMs >= settleMs) this.#former = undefined;
    return this.#former ?? this.#own;
  }

  /** Makes a new own key. */
  renew(): void {
    this.#former ??= this.#own;
    this.#toldAtMs = undefined;
    this.#own = randomBytes(keyBytes);
    this.#write(ownName, this.#own);
    this.#log.info("beats.key_renewed");
  }

  /** The own key went out by NATS. */
  told(nowMs: number): void {
    this.#toldAtMs ??= nowMs;
  }

  /** Of the peer, the newest first; none until it was heard over NATS for the first time. */
  peers(nowMs: number): Buffer[] {
    if (this.#peer === undefined) return [];
    const former = this.#peerFormer;
    return former === undefined || nowMs > former.untilMs ? [this.#peer] : [this.#peer, former.key];
  }

  /** A peer whose secrets were renewed, or that lost its disk, has made itself a new key. */
  learn(key: Buffer, nowMs: number): void {
    if (this.#peer?.equals(key)) return;
    this.#log.info("beats.key_learned", { renewed: this.#peer !== undefined });
    if (this.#peer !== undefined) this.#peerFormer = { key: this.#peer, untilMs: nowMs + formerMs };
    this.#peer = Buffer.from(key);
    this.#write(peerName, this.#peer);
  }

  #read(name: string): Buffer | undefined {
    if (this.#directory === undefined) return undefined;
    const path = join(this.#directory, name);
    try {
      const key = readFileSync(path);
      if (key.length === keyBytes) return key;
      this.#log.warn("beats.key_unusable", { path, bytes: key.length });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        // file errors carry a code
        this.#log.warn("beats.key_unreadable", { path, error: messageOf(error) });
    }
    return undefined;
  }

  /** One that cannot be kept still works until the hub ends: the peer learns the next one. */
  #write(name: string, key: Buffer): void {
    if (this.#directory === undefined) return;
    const path = join(this.#directory, name);
    try {
      writeDurablySync(path, key);
    } catch (error) {
      this.#log.warn("beats.key_unkept", { path, error: messageOf(error) });
    }
  }
}
