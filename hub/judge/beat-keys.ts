/** The keys that seal beats: this hub's own, and the peer's, learned over NATS; both outlive the hub in its state directory. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Log, messageOf } from "../io/log.ts";
import { writeDurablySync } from "../io/write-durably.ts";
import { keyBytes } from "./beat.ts";

const ownName = "beats.key";
const peerName = "peer-beats.key";

export class BeatKeys {
  readonly #directory: string | undefined;
  readonly #log: Log;
  readonly #onChange: (keys: BeatKeys) => void;
  #own: Buffer;
  /** The own one from when the peer says that it knows it. */
  #next: Buffer | undefined;
  #peer: Buffer | undefined;
  #peerMark: string | undefined;

  /**
   * @param directory undefined for keys that end with the hub
   * @param onChange called with the first ones as well
   */
  constructor(directory: string | undefined, log: Log, onChange: (keys: BeatKeys) => void = () => {}) {
    this.#directory = directory;
    this.#log = log;
    this.#onChange = onChange;
    this.#peer = this.#read(peerName);
    this.#peerMark = this.#peer && markOf(this.#peer);
    const own = this.#read(ownName);
    this.#own = own ?? randomBytes(keyBytes);
    if (own === undefined) this.#write(ownName, this.#own);
    onChange(this);
  }

  /** What NATS tells the peer. */
  get told(): Buffer {
    return this.#next ?? this.#own;
  }

  /** What seals on paths that do not know who speaks; after `renew` both keys, since the peer may know either. */
  get sealing(): Buffer[] {
    return this.#next === undefined ? [this.#own] : [this.#own, this.#next];
  }

  /** Begins with a new own key. A hub that ends before the peer knows it goes on with the one before. */
  renew(): void {
    this.#next = randomBytes(keyBytes);
    this.#onChange(this);
  }

  /** @param mark of the key that the peer says it has learned; a hub of before says none, and both keys seal until the next start */
  acknowledged(mark: string | undefined): void {
    if (this.#next === undefined || mark !== markOf(this.#next)) return;
    this.#own = this.#next;
    this.#next = undefined;
    this.#write(ownName, this.#own);
    this.#log.info("beats.key_renewed");
    this.#onChange(this);
  }

  /** Undefined until the peer was heard over NATS for the first time. */
  get peer(): Buffer | undefined {
    return this.#peer;
  }

  /** By which the peer knows that its key was learned; tells nothing of the key. */
  get peerMark(): string | undefined {
    return this.#peerMark;
  }

  /** A peer whose secrets were renewed, or that lost its disk, has made itself a new key. */
  learn(key: Buffer): void {
    if (this.#peer?.equals(key)) return;
    this.#log.info("beats.key_learned", { renewed: this.#peer !== undefined });
    this.#peer = Buffer.from(key);
    this.#peerMark = markOf(key);
    this.#write(peerName, this.#peer);
    this.#onChange(this);
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

const markOf = (key: Buffer): string => createHash("sha256").update(key).digest("hex").slice(0, 16);
