/** Sends this hub's beats and words over all paths, and tells what of the peer's is genuine and new. */
import type { HubConfig } from "../config.ts";
import { BeatFilter, type Echo } from "../core/beat-filter.ts";
import type { Log } from "../io/log.ts";
import { type Ack, type Beat, type Message, maxMessageBytes, seal, unseal } from "./beat.ts";
import type { BeatKeys } from "./beat-keys.ts";
import type { BeatPath } from "./board.ts";
import { NatsPath } from "./nats-path.ts";
import { TcpPath } from "./tcp-path.ts";
import { UdpPath } from "./udp-path.ts";

export interface BeatExchangeOptions {
  config: HubConfig;
  incarnation: string;
  keys: BeatKeys;
  log: Log;
  /** Monotonic ms. */
  clock(): number;
  /** `old`: another path brought it before. `fresh`: the first of a peer that was started anew. */
  heard(beat: Beat, path: BeatPath, is: { old: boolean; fresh: boolean }): void;
  word(word: unknown): void;
  refused(path: BeatPath): void;
}

type Saying = Pick<Beat, "lagMs" | "mainStuck" | "digest">;

export class BeatExchange {
  readonly #options: BeatExchangeOptions;
  readonly #filter: BeatFilter;
  /** Highest counter of the peer's present incarnation by each path. */
  readonly #counters = new Map<BeatPath, number>();
  readonly #nats: NatsPath;
  readonly #stop = new AbortController();
  #udp: UdpPath | undefined;
  #tcp: TcpPath | undefined;
  #beats = 0;
  #words = 0;
  #wordHeard = 0;
  #word: unknown;
  #wordSaidAtMs = Number.NEGATIVE_INFINITY;
  #echo: Echo | undefined;
  #ack: Ack | undefined;
  /** Whether the peer takes this hub's beats. */
  #isTaken = false;
  #refused = 0;
  /** Most come on three paths. */
  #last: { bytes: Buffer; key: Buffer; message: Message } | undefined;

  constructor(options: BeatExchangeOptions) {
    this.#options = options;
    const { config, incarnation, log } = options;
    this.#filter = new BeatFilter(incarnation);
    const received = (bytes: Buffer, key: Buffer) => void this.#take(bytes, "nats", key);
    this.#nats = new NatsPath({ config, log, received });
  }

  /** Rejects when a port cannot be had; NATS is connected to behind that. */
  async open(): Promise<void> {
    const { config, refused } = this.#options;
    const { machine, peer, listenHost } = config;
    const listen = { ...machine.beats, host: listenHost ?? machine.beats.host };
    const ends = { listen, peer: peer.beats };
    this.#tcp = await TcpPath.open({
      ...ends,
      received: (bytes) => this.#take(bytes, "tcp"),
      tooLong: () => void this.#refused++,
      refused: () => refused("tcp"),
    });
    this.#udp = await UdpPath.open({
      ...ends,
      received: (bytes) => void this.#take(bytes, "udp"),
      refused: () => refused("udp"),
    });
    this.#nats.connect(this.#stop.signal).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  /** Messages since the last question that did not have the peer's seal. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  get nextCounter(): number {
    return this.#beats + 1;
  }

  beat(saying: Saying, paths: readonly BeatPath[]): void {
    const { config, incarnation, keys } = this.#options;
    const { name: machine } = config.machine;
    this.#beats++;
    const counter = this.#beats;
    const said = { ...saying, echo: this.#echo, ack: this.#ack, knows: keys.peerMark };
    this.#send({ v: 1, kind: "beat", machine, incarnation, counter, ...said }, paths);
  }

  /** From now on this is said: at once, to a peer that was started anew, and in `repeat`. */
  say(word: unknown): void {
    this.#word = word;
    this.#sayNow();
  }

  /** Says the present word again unless that was just done. */
  repeat(everyMs: number): void {
    if (this.#word !== undefined && this.#options.clock() - this.#wordSaidAtMs >= everyMs) this.#sayNow();
  }

  /** A new seed means that secrets are exchanged: the key of beats is, too. */
  renewSeed(): void {
    this.#options.keys.renew();
    this.#nats.renewSeed();
  }

  /** Hears and says nothing any more. Only TCP stays open, until `stop`: its end would say that this machine's hub has died. */
  async leave(): Promise<void> {
    this.#stop.abort();
    this.#udp?.stop();
    this.#udp = undefined;
    await this.#nats.stop();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#udp?.stop();
    this.#tcp?.stop();
    await this.#nats.stop();
  }

  #sayNow(): void {
    const { config, incarnation, clock } = this.#options;
    const { name: machine } = config.machine;
    this.#words++;
    this.#wordSaidAtMs = clock();
    const counter = this.#words;
    this.#send({ v: 1, kind: "word", machine, incarnation, counter, word: this.#word }, ["tcp", "nats"]);
  }

  #send(message: Message, paths: readonly BeatPath[]): void {
    const { keys, log } = this.#options;
    const { told } = keys;
    for (const key of keys.sealing) {
      const bytes = seal(message, key);
      if (bytes.length > maxMessageBytes) {
        log.error("beats.word_too_long", { bytes: bytes.length });
        return;
      }
      if (paths.includes("udp")) this.#udp?.send(bytes);
      if (paths.includes("tcp")) this.#tcp?.send(bytes);
      if (paths.includes("nats") && key === told) this.#nats.send(key, bytes);
    }
  }

  /** @returns whether it was the peer's, new or not */
  #take(bytes: Buffer, path: BeatPath, offered?: Buffer): boolean {
    const { keys, config } = this.#options;
    const key = offered ?? keys.peer;
    const message = this.#read(bytes, key);
    if (message?.machine !== config.peer.name) {
      if (key !== undefined) this.#refused++;
      return false;
    }
    if (offered !== undefined) keys.learn(offered);
    if (message.kind === "beat") {
      keys.acknowledged(message.knows);
      this.#takeBeat(message, path);
    } else if (message.incarnation === this.#filter.incarnation && message.counter > this.#wordHeard) {
      this.#wordHeard = message.counter;
      this.#options.word(message.word);
    }
    return true;
  }

  #read(bytes: Buffer, key: Buffer | undefined): Message | undefined {
    if (key === undefined) return undefined;
    if (this.#last?.bytes.equals(bytes) && this.#last.key.equals(key)) return this.#last.message;
    const message = unseal(bytes, key);
    if (message !== undefined) this.#last = { bytes: Buffer.from(bytes), key: Buffer.from(key), message };
    return message;
  }

  #takeBeat(beat: Beat, path: BeatPath): void {
    const { incarnation, clock, heard } = this.#options;
    const before = this.#filter.incarnation;
    const old = !this.#filter.isNews(beat, clock(), this.#beats);
    this.#echo = { incarnation: beat.incarnation, counter: beat.counter };
    if (beat.incarnation !== this.#filter.incarnation) return;
    const fresh = this.#filter.incarnation !== before;
    if (fresh) {
      this.#counters.clear();
      this.#wordHeard = 0;
    }
    if (beat.counter <= (this.#counters.get(path) ?? 0)) return;
    this.#counters.set(path, beat.counter);
    if (!old) {
      this.#ack = { incarnation: beat.incarnation, counter: beat.counter, digest: beat.digest };
      const wasTaken = this.#isTaken && !fresh;
      this.#isTaken = beat.ack?.incarnation === incarnation;
      if (this.#isTaken && !wasTaken && this.#word !== undefined) this.#sayNow();
    }
    heard(beat, path, { old, fresh });
  }
}
