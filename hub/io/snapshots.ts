/** What a hub does with snapshots: writes its own, tells the peer of them, and takes in the peer's for what this machine lost. */
import type { NatsConnection } from "nats";
import { Account } from "../core/account.ts";
import { SnapshotGate } from "../core/admission.ts";
import { isAhead } from "../core/hlc.ts";
import type { Refused } from "../core/refused.ts";
import { type Marks, parseStreamKey, type SnapshotLine, type SnapshotWord } from "../core/snapshot.ts";
import { messageOf } from "./log.ts";
import { readSnapshot } from "./read-back.ts";
import { type SnapshotJudge, SnapshotStore, type StoredSnapshot } from "./snapshot-store.ts";
import { Snapshotter, type SnapshotterOptions } from "./snapshotter.ts";

/** What its writer is told besides, is found here. */
export interface SnapshotsOptions
  extends Omit<SnapshotterOptions, "nc" | "store" | "peerCovers" | "ensure" | "onFill" | "signal"> {
  refused: Refused;
}

/** A stop waits so long for a last snapshot, ms. */
const stopDeadlineMs = 1_500;
/** Doubled by each reading of the peer's snapshot that did not end the lack: a mark that nobody can reach would have it read for ever. */
const adoptRetryMs = 1_000;
const longestAdoptRetryMs = 300_000;

/** Since the start. */
export interface SnapshotStats {
  /** How long the last one took to write, ms. */
  durationMs: number;
  /** What the last one took, JSON; undefined before the first. */
  bytes: number | undefined;
  written: number;
  /** Messages. */
  purged: number;
  ageMs: number | undefined;
  overdueMs: number;
}

/** @param adoptions one after the other that did not end the lack */
export const pauseAfterAdoptionMs = (adoptions: number): number =>
  Math.min(longestAdoptRetryMs, adoptRetryMs * 2 ** (adoptions - 1));

export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #nearlyFull = new Set<string>();
  #store: SnapshotStore | undefined;
  #writer: Snapshotter | undefined;
  #signal: AbortSignal | undefined;
  #peer: SnapshotWord = { covers: {}, settled: {} };
  #started = false;
  #adopting = false;
  #adoptAfterMs = 0;
  /** Readings of the peer's snapshot since something was first lacking. */
  #adoptions = 0;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  get stats(): SnapshotStats {
    const last = this.#writer?.last;
    return {
      bytes: this.#store?.bytes,
      durationMs: this.#writer?.lastDurationMs ?? 0,
      written: this.#writer?.written ?? 0,
      purged: this.#writer?.purged ?? 0,
      overdueMs: this.#writer?.overdueMs ?? 0,
      ageMs: last === undefined ? undefined : Math.max(0, Date.now() - last.manifest.atMs),
    };
  }

  /** Streams that are nearly full. */
  get nearlyFull(): string[] {
    return [...this.#nearlyFull];
  }

  async open(nc: NatsConnection, signal: AbortSignal): Promise<SnapshotStore> {
    const { self, log } = this.#options;
    const store = new SnapshotStore(self, nc, log);
    this.#store = store;
    this.#signal = signal;
    await this.ensure();
    this.#writer = new Snapshotter({
      ...this.#options,
      nc,
      store,
      ensure: () => this.ensure(),
      peerCovers: () => this.#peer.covers,
      onFill: (stream, isNearlyFull) => {
        if (isNearlyFull) this.#nearlyFull.add(stream);
        else this.#nearlyFull.delete(stream);
      },
      signal,
    });
    return store;
  }

  /** A store too small for them is no reason not to start: streams are then read from their beginning and not purged. */
  async ensure(): Promise<void> {
    try {
      if (await this.#store?.ensure()) this.#writer?.lose();
    } catch (error) {
      this.#options.log.warn("snapshot.no_stream", { error: messageOf(error) });
    }
  }

  /**
   * @param last the one that this hub started from
   * @param behind records that it had to read besides
   */
  start(last: StoredSnapshot | undefined, behind: number): void {
    this.#started = true;
    this.#writer?.start(last, behind);
  }

  /** Writes one soon although little has come: something else than records has changed the state. */
  force(): void {
    this.#writer?.force();
  }

  /** Writes one now. Rejects when it cannot be stored. */
  async write(): Promise<void> {
    await this.#writer?.write();
  }

  async stop(): Promise<void> {
    await this.#writer?.stop(stopDeadlineMs);
  }

  /** For the peer: what this machine's newest snapshot says. */
  word(): SnapshotWord | undefined {
    const manifest = this.#writer?.last?.manifest;
    return manifest && { covers: manifest.covers, settled: manifest.settled };
  }

  heard(word: SnapshotWord): void {
    this.#peer = word;
    // Before that it is not known yet what is lacking.
    if (!this.#started || this.#adopting || performance.now() < this.#adoptAfterMs) return;
    if (!this.#lacks(word.settled)) {
      this.#adoptions = 0;
      return;
    }
    this.#adopt().catch((error: unknown) => {
      if (this.#signal?.aborted === false)
        this.#options.log.warn("snapshot.adoption_waits", { error: messageOf(error) });
    });
  }

  /** At the start: what the peer has purged and this machine lost is in the peer's snapshot only. */
  async catchUp(signal: AbortSignal): Promise<void> {
    try {
      const found = await this.#store?.newest(this.#options.peer);
      if (found !== undefined && this.#lacks(found.manifest.settled)) await this.#adopt();
    } catch (error) {
      signal.throwIfAborted();
      this.#options.log.info("snapshot.peer_unread", { error: messageOf(error) });
    }
  }

  /** Whether this machine holds fewer of the records that streams need not hold any more than it should. */
  #lacks(settled: Marks): boolean {
    const { ledger } = this.#options.state;
    return Object.entries(settled).some(([key, { position, count }]) => {
      const of = this.#streamOf(key);
      return of !== undefined && ledger.heldUpTo(of.stream, of.origin, position) < count;
    });
  }

  /** Undefined when the pair has no such stream. */
  #streamOf(key: string): ReturnType<typeof parseStreamKey> {
    const { self, peer, refused } = this.#options;
    const of = parseStreamKey(key);
    if (of?.origin === self || of?.origin === peer) return of;
    refused.count("ledger");
    return undefined;
  }

  #judge(): SnapshotJudge {
    const { self, peer, refused, log, state } = this.#options;
    const begin = () => {
      const gate = new SnapshotGate([self, peer], (line) => state.accountFor(line));
      return (line: SnapshotLine) => {
        const why = gate.why(line, Date.now());
        if (why === undefined) return true;
        log.error("snapshot.inadmissible", { from: peer, is: line.is, why });
        refused.count(why);
        return false;
      };
    };
    return { begin, onTooLong: () => refused.count("snapshot") };
  }

  async #adopt(): Promise<void> {
    const { peer, state, log } = this.#options;
    if (this.#store === undefined || this.#signal === undefined) return;
    this.#adopting = true;
    try {
      const newest = await this.#store.newest(peer);
      const wallMs = newest?.manifest.atMs ?? 0;
      if (isAhead({ wallMs }, Date.now()))
        throw new Error(`${peer} wrote it more than a day ahead of this machine's clock: set the clock that is wrong`);
      if (newest !== undefined) this.#adoptions++;
      const { stored, accounts } = await readSnapshot(this.#store, state, peer, this.#signal, this.#judge());
      if (stored === undefined) throw new Error("the peer's snapshot cannot be read");
      for (const [key, mark] of Object.entries(stored.manifest.settled)) {
        const of = this.#streamOf(key);
        if (of === undefined) continue;
        const account = state.ledger.account(of.stream, of.origin);
        account.include((accounts.get(key) ?? new Account()).upTo(mark.position));
        state.ledger.settle(of.stream, of.origin, mark);
      }
      log.warn("snapshot.adopted", { from: peer, lines: stored.manifest.lines });
      this.#writer?.force();
    } finally {
      this.#adopting = false;
      this.#adoptAfterMs = performance.now() + pauseAfterAdoptionMs(Math.max(1, this.#adoptions));
    }
  }
}
