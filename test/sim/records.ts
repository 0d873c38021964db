/**
 * The records of a hub: appended to its own stream, or to the spool while NATS is away; copied by the peer's hub; refilled
 * after a lost disk. What decides is the hub's own: ledger, watermark, names of incarnations.
 */
import { type Holdings, Ledger } from "../../hub/core/ledger.ts";
import { nextIncarnation, type RecordPosition } from "../../hub/core/record.ts";
import { RefillWatch } from "../../hub/core/refill-watch.ts";
import { type PeerReach, type SyncJudgement, Watermark } from "../../hub/core/watermark.ts";
import { Copier } from "./copier.ts";
import type { Machine } from "./machine.ts";
import type { NatsServer } from "./nats-server.ts";
import { positionOf, type StoredBatch } from "./platter.ts";
import type { World } from "./world.ts";

/** What one hub tells the other of its records, as its heartbeat does. */
export interface RecordsReport {
  copied: RecordPosition | undefined;
  holdings: Holdings;
}

/** Where a record lies when its client is told so. */
export type Replication = "peer" | "local";

export interface RecordsOptions {
  world: World;
  self: Machine;
  peer: Machine;
  nats: NatsServer;
  peerNats: NatsServer;
  onAcknowledged(position: RecordPosition, how: Replication): void;
  /** To the peer's hub over NATS. */
  tellCopied(position: RecordPosition): void;
}

const kind = "metrics";
const peerAckDeadlineMs = 250;
const lagLimitMs = 1_000;
/** Pushes that may wait for the disk: one beyond them is refused. */
export const maxWaitingPushes = 100;

interface Waiter {
  position: RecordPosition;
  settle(how: Replication): void;
}

export class Records {
  readonly #options: RecordsOptions;
  readonly #ledger: Ledger;
  readonly #watermark = new Watermark();
  /** Of the records that are appended, the last one of those to come. */
  readonly #incarnations: string[];
  readonly #copier: Copier;
  #sync: SyncJudgement = { state: "degraded", sinceMs: 0, reason: "not judged yet" };
  #waiters: Waiter[] = [];
  #seq = 0;
  #waitingPushes = 0;
  #isWriting = false;
  #isDraining = false;
  #copied: RecordPosition | undefined;
  readonly #refills = new RefillWatch();
  #isRefilled = false;

  constructor(options: RecordsOptions) {
    this.#options = options;
    const { self, peer, world, peerNats, tellCopied } = options;
    const { own, copy, spool } = self.platter;
    this.#ledger = new Ledger(self.name, peer.name);
    for (const batch of own.batches) this.#hold(self, batch);
    for (const batch of copy) this.#hold(peer, batch);
    this.#copied = this.#ledger.account(kind, peer.name).newest;
    const names = [this.#ledger.newestIncarnation(self.name), ...spool.map(({ incarnation }) => incarnation)];
    const random = world.random.between(0, 0xffffff).toString(16);
    this.#incarnations = [nextIncarnation(self.clock.wallMs, random, names.sort().at(-1))];
    const { newest, count } = this.#ledger.account(kind, self.name);
    if (newest !== undefined) this.#watermark.stored(kind, newest, count, self.clock.monoMs);
    this.#copier = new Copier({
      self,
      peerNats,
      isHeld: (origin, { incarnation, firstSeq, count: records }) =>
        this.#ledger.holds(kind, origin === "own" ? self.name : peer.name, incarnation, firstSeq, records),
      onCopied: (batch) => {
        this.#hold(peer, batch);
        const position = positionOf(batch);
        this.#copied = position;
        tellCopied(position);
      },
      onRefilled: (batch) => {
        this.#hold(self, batch);
        this.#goOver();
        options.nats.wake();
      },
    });
  }

  get isInSync(): boolean {
    return this.#sync.state === "in-sync";
  }

  /** Whether each side holds what the other held alone. */
  get isRefilled(): boolean {
    return this.#isRefilled;
  }

  get waitingPushes(): number {
    return this.#waitingPushes;
  }

  report(): RecordsReport {
    return { copied: this.#copied, holdings: this.#ledger.holdings() };
  }

  /** A client's push. What comes while a write is under way travels in the next one. */
  append(): void {
    if (this.#waitingPushes < maxWaitingPushes) this.#waitingPushes++;
    this.#write();
  }

  heard({ copied, holdings }: RecordsReport): void {
    const shrunk = this.#ledger.heardHoldings(holdings);
    this.#refills.heard(shrunk.length > 0);
    if (shrunk.length > 0) this.#watermark.lost(kind);
    if (this.#ledger.isSameThere(kind)) this.#watermark.caughtUp(kind);
    if (copied !== undefined) this.heardCopied(copied);
    if (this.#ledger.lostHere(kind) > 0) this.#copier.refill();
  }

  heardCopied(position: RecordPosition): void {
    if (this.#ledger.isCopiedAnew(kind)) return;
    // As the hub does: what an earlier life wrote that sorts after this one says nothing of this one's records.
    const { incarnation } = position;
    const isOwn = this.#incarnations.includes(incarnation) || incarnation < (this.#incarnations[0] ?? "");
    if (!isOwn || !this.#ledger.knows(kind, this.#options.self.name, incarnation)) return;
    this.#watermark.copied(kind, position);
    const settled = this.#waiters.filter((waiter) => this.#watermark.isCopied(kind, waiter.position));
    if (settled.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !settled.includes(waiter));
    for (const waiter of settled) waiter.settle("peer");
  }

  /** Every 100 ms. */
  tick(reach: Omit<PeerReach, "spooled" | "copiesAnew">): void {
    const { self } = this.#options;
    const spooled = self.platter.spool.length;
    const copiesAnew = this.#ledger.isCopiedAnew();
    this.#sync = this.#watermark.judge(this.#sync, { ...reach, spooled, copiesAnew }, self.clock.monoMs, lagLimitMs);
    this.#isRefilled = this.#refills.judge(this.isInSync, () => this.#ledger.shares());
    if (!this.isInSync) for (const waiter of this.#waiters.splice(0)) waiter.settle("local");
    if (self.processes.nats.isRunning) {
      this.#drain();
      this.#copier.copyOn();
    }
  }

  #write(): void {
    if (this.#isWriting || this.#waitingPushes === 0) return;
    const { self, onAcknowledged } = this.#options;
    const incarnation = this.#incarnations.at(-1) ?? "";
    const batch: StoredBatch = { incarnation, firstSeq: this.#seq + 1, count: this.#waitingPushes };
    const spools = !self.processes.nats.isRunning || self.platter.spool.length > 0;
    this.#isWriting = true;
    this.#waitingPushes = 0;
    const done = self.processes.hub.bound(() => {
      this.#isWriting = false;
      if (incarnation === this.#incarnations.at(-1)) this.#seq += batch.count;
      const position = positionOf(batch);
      if (spools) onAcknowledged(position, "local");
      else this.#stored(batch, position);
      this.#write();
    });
    const failed = self.processes.hub.bound(() => {
      this.#isWriting = false;
      this.#write();
    });
    self.disk.write(
      () => (spools ? self.platter.addSpool(batch) : self.platter.addOwn(batch)),
      (ok) => (ok ? done() : failed()),
    );
  }

  #stored(batch: StoredBatch, position: RecordPosition): void {
    const { self, nats, onAcknowledged } = this.#options;
    this.#hold(self, batch);
    this.#watermark.stored(kind, position, batch.count, self.clock.monoMs);
    nats.wake();
    const isCopied = this.#watermark.isCopied(kind, position);
    if (isCopied || !this.isInSync) {
      onAcknowledged(position, isCopied ? "peer" : "local");
      return;
    }
    let isSettled = false;
    const settle = (how: Replication) => {
      if (!isSettled) onAcknowledged(position, how);
      isSettled = true;
    };
    this.#waiters.push({ position, settle });
    self.processes.hub.after(peerAckDeadlineMs, () => {
      this.#waiters = this.#waiters.filter((waiter) => waiter.position !== position);
      settle("local");
    });
  }

  /** The oldest of the spool goes to the stream, one at a time. */
  #drain(): void {
    const { self } = this.#options;
    const [batch] = self.platter.spool;
    if (batch === undefined || this.#isDraining) return;
    this.#isDraining = true;
    const done = self.processes.hub.bound(() => {
      this.#isDraining = false;
      this.#hold(self, batch);
      this.#watermark.stored(kind, positionOf(batch), batch.count, self.clock.monoMs);
      this.#options.nats.wake();
      this.#drain();
    });
    const failed = self.processes.hub.bound(() => {
      this.#isDraining = false;
    });
    self.disk.write(
      () => self.platter.drain(),
      (ok) => (ok ? done() : failed()),
    );
  }

  /** As the hub does: what came back of an earlier life may sort after this one, and what is appended sorts after both. */
  #goOver(): void {
    const { self, world } = this.#options;
    const newest = this.#ledger.newestIncarnation(self.name);
    if (newest <= (this.#incarnations.at(-1) ?? "")) return;
    const random = world.random.between(0, 0xffffff).toString(16);
    this.#incarnations.push(nextIncarnation(self.clock.wallMs, random, newest));
    this.#seq = 0;
  }

  #hold(origin: Machine, { incarnation, firstSeq, count }: StoredBatch): void {
    this.#ledger.hold(kind, origin.name, incarnation, firstSeq, count);
  }
}
