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
  readonly #incarnation: string;
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
    this.#incarnation = nextIncarnation(self.clock.wallMs, random, names.sort().at(-1));
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
    this.#refills.heard(this.#ledger.heardHoldings(holdings).length > 0);
    if (copied !== undefined) this.heardCopied(copied);
    if (this.#ledger.lostHere(kind) > 0) this.#copier.refill();
  }

  heardCopied(position: RecordPosition): void {
    // As the hub does: what an earlier life wrote that sorts after this one says nothing of this one's records.
    if (!this.#ledger.knows(kind, this.#options.self.name, position.incarnation)) return;
    if (position.incarnation > this.#incarnation) return;
    this.#watermark.copied(kind, position);
    const settled = this.#waiters.filter((waiter) => this.#watermark.isCopied(kind, waiter.position));
    if (settled.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !settled.includes(waiter));
    for (const waiter of settled) waiter.settle("peer");
  }

  /** Every 100 ms. */
  tick(reach: Omit<PeerReach, "spooled">): void {
    const { self } = this.#options;
    const spooled = self.platter.spool.length;
    this.#sync = this.#watermark.judge(this.#sync, { ...reach, spooled }, self.clock.monoMs, lagLimitMs);
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
    const batch: StoredBatch = { incarnation: this.#incarnation, firstSeq: this.#seq + 1, count: this.#waitingPushes };
    const spools = !self.processes.nats.isRunning || self.platter.spool.length > 0;
    this.#isWriting = true;
    this.#waitingPushes = 0;
    const done = self.processes.hub.bound(() => {
      this.#isWriting = false;
      this.#seq += batch.count;
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

  #hold(origin: Machine, { incarnation, firstSeq, count }: StoredBatch): void {
    this.#ledger.hold(kind, origin.name, incarnation, firstSeq, count);
  }
}
