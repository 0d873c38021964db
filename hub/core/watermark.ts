/** Follows how far the peer has copied this machine's streams, and says whether the pair is in sync. */
import { comparePosition, type RecordPosition, type StreamKind } from "./record.ts";

interface Pending {
  /** Of the last record. */
  position: RecordPosition;
  records: number;
  messages: number;
  /** Of the first message. */
  storedAtMs: number;
}

/** Messages of a stream that are counted one by one; of more, as a partition of hours leaves, some are counted together. */
export const maxPending = 16_384;

/** What is known of the way to the peer when sync is judged. */
export interface PeerReach {
  hubAlive: boolean;
  /** Whether heartbeats come over NATS, the path that copies take. */
  natsHeard: boolean;
  /** Records that are not in this machine's streams yet, and so cannot be copied. */
  spooled: number;
  /** Whether the peer holds less of this machine's records than it did. */
  copiesAnew: boolean;
}

export interface SyncJudgement {
  state: "in-sync" | "degraded";
  sinceMs: number;
  reason: string;
}

/** Mutable; all times are monotonic ms of one clock. Positions are of this machine's own records. */
export class Watermark {
  readonly #pending = new Map<StreamKind, PendingQueue>();
  readonly #copied = new Map<StreamKind, RecordPosition>();

  /** A message with so many records was stored here; `position` is that of its last one. */
  stored(kind: StreamKind, position: RecordPosition, records: number, atMs: number): void {
    if (this.isCopied(kind, position)) return;
    let queue = this.#pending.get(kind);
    if (queue === undefined) {
      queue = new PendingQueue();
      this.#pending.set(kind, queue);
    }
    queue.add(position, records, atMs);
  }

  /** The peer says that it has stored all up to this position. News may come late or out of order. */
  copied(kind: StreamKind, position: RecordPosition): void {
    if (this.isCopied(kind, position)) return;
    this.#copied.set(kind, position);
    this.#pending.get(kind)?.dropUpTo(position);
  }

  /** The peer holds all that this machine does, whatever it said of its way there. */
  caughtUp(kind: StreamKind): void {
    this.#pending.delete(kind);
  }

  /** The peer has lost its copy, or something in it: what it said of it before is no more. */
  lost(kind: StreamKind): void {
    this.#copied.delete(kind);
  }

  /** How far the peer has copied each stream, as far as it said. */
  positions(): Partial<Record<StreamKind, RecordPosition>> {
    return Object.fromEntries(this.#copied);
  }

  isCopied(kind: StreamKind, position: RecordPosition): boolean {
    const copied = this.#copied.get(kind);
    return copied !== undefined && comparePosition(position, copied) <= 0;
  }

  /** Records of a stream, or of all, that the peer has not confirmed. */
  uncopiedRecords(kind?: StreamKind): number {
    let sum = 0;
    for (const [of, queue] of this.#pending) if (kind === undefined || of === kind) sum += queue.records;
    return sum;
  }

  /** When the oldest uncopied record of a stream, or of all, was stored; undefined when there is none. */
  oldestStoredAtMs(kind?: StreamKind): number | undefined {
    let oldest: number | undefined;
    for (const [of, { first }] of this.#pending) {
      if (first === undefined || (kind !== undefined && of !== kind)) continue;
      if (oldest === undefined || first.storedAtMs < oldest) oldest = first.storedAtMs;
    }
    return oldest;
  }

  /** @param lagLimitMs how old an uncopied record may be while the pair still counts as in sync */
  judge(before: SyncJudgement, reach: PeerReach, atMs: number, lagLimitMs: number): SyncJudgement {
    const oldest = this.oldestStoredAtMs();
    let reason = "";
    if (!reach.hubAlive) reason = "the peer's hub does not answer";
    else if (!reach.natsHeard) reason = "the NATS link to the peer is cut";
    else if (reach.copiesAnew) reason = "the peer copies anew";
    else if (reach.spooled > 0) reason = "records wait in this machine's spool";
    else if (oldest !== undefined && atMs - oldest > lagLimitMs) reason = "the peer lags behind";
    const state = reason === "" ? "in-sync" : "degraded";
    if (state === before.state) return before.reason === reason ? before : { ...before, reason };
    return { state, sinceMs: atMs, reason };
  }
}

/** First in, first out; nothing moves when one is taken out. */
class PendingQueue {
  #items: Pending[] = [];
  #taken = 0;
  #records = 0;
  /** Messages that are counted together from now on. */
  #together = 1;

  get records(): number {
    return this.#records;
  }

  get first(): Pending | undefined {
    return this.#items[this.#taken];
  }

  add(position: RecordPosition, records: number, storedAtMs: number): void {
    const waiting = this.#items.length - this.#taken;
    this.#records += records;
    if (waiting < maxPending / 4) this.#together = 1;
    const last = this.#items.at(-1);
    if (waiting > 0 && last !== undefined && last.messages < this.#together) {
      this.#extend(last, { position, records, messages: 1 });
      return;
    }
    if (waiting >= maxPending) this.#join();
    this.#items.push({ position, records, messages: 1, storedAtMs });
  }

  dropUpTo(position: RecordPosition): void {
    for (
      let item = this.first;
      item !== undefined && comparePosition(item.position, position) <= 0;
      item = this.first
    ) {
      this.#taken++;
      this.#records -= item.records;
    }
    if (this.#taken * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#taken);
    this.#taken = 0;
  }

  /** Each two neighbours as one, and what comes next in such portions. */
  #join(): void {
    const waiting = this.#items.slice(this.#taken);
    this.#items = waiting.filter((_, place) => place % 2 === 0);
    this.#taken = 0;
    this.#together *= 2;
    for (const [place, item] of this.#items.entries()) {
      const next = waiting[place * 2 + 1];
      if (next !== undefined) this.#extend(item, next);
    }
  }

  /** It stays as old as its first and is copied with its last, so that nothing counts as copied too early. */
  #extend(item: Pending, next: Omit<Pending, "storedAtMs">): void {
    // A refill brings earlier ones between new ones.
    if (comparePosition(next.position, item.position) > 0) item.position = next.position;
    item.records += next.records;
    item.messages += next.messages;
  }
}
