/** The keys that seal beats: this hub's own, made once, and the peer's, learned over NATS; both outlive the hub in its state directory. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Log, messageOf } from "../io/log.ts";
import { writeDurablySync } from "../io/write-durably.ts";
import { keyBytes } from "./beat.ts";

const ownName = "beats.key";
const peerName = "peer-beats.key";

export class BeatKeys {
  readonly own: Buffer;
  readonly #directory: string | undefined;
  readonly #log: Log;
  #peer: Buffer | undefined;

  /** @param directory undefined for keys that end with the hub */
  constructor(directory: string | undefined, log: Log) {
    this.#directory = directory;
    this.#log = log;
    this.#peer = this.#read(peerName);
    const own = this.#read(ownName);
    this.own = own ?? randomBytes(keyBytes);
    if (own === undefined) this.#write(ownName, this.own);
  }

  /** Undefined until the peer was heard over NATS for the first time. */
  get peer(): Buffer | undefined {
    return this.#peer;
  }

  /** A machine that lost its disk has made itself a new key. */
  learn(key: Buffer): void {
    if (this.#peer?.equals(key)) return;
    this.#log.info("beats.key_learned", { renewed: this.#peer !== undefined });
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
