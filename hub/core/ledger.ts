/** Counts what each machine has stored of each origin's records, so that "missing 0" is arithmetic and not a claim. */
import { z } from "zod";
import { Account, isUpTo, type Mark } from "./account.ts";
import { comparePosition, type RecordPosition, StreamKind } from "./record.ts";
import { streamKey } from "./snapshot.ts";

/** What one machine holds of one origin's stream, as it tells its peer. */
export const Holding = z.strictObject({
  /** Distinct records held. */
  count: z.number().int().nonnegative(),
  /** Sequences below the highest held that are not there. */
  holes: z.number().int().nonnegative(),
  /** `Account.earlier`; a count alone does not tell one record from another. */
  earlier: z.string().optional(),
});
export type Holding = z.infer<typeof Holding>;

/** Holdings by `<stream>/<origin>`. */
export const Holdings = z.record(z.string(), Holding);
export type Holdings = z.infer<typeof Holdings>;

export interface LedgerEntry {
  origin: string;
  stream: StreamKind;
  stored: number;
  copied: number;
  pending: number;
  missing: number;
  duplicates: number;
}

const streams = StreamKind.options;
const nothing: Holding = { count: 0, holes: 0 };

/** Records of one origin's stream that this machine holds, and that the peer does by what it last said. */
export interface Shares {
  stream: StreamKind;
  origin: string;
  here: Pick<Holding, "count" | "holes">;
  there: Pick<Holding, "count" | "holes">;
  /**
   * Both hold the same of the incarnations before the newest one, know of the same newest one, and have passed over the same of its
   * records; undefined where the peer does not say.
   */
  alike: boolean | undefined;
}

/** Mutable like the set it is made of; one per hub. */
export class Ledger {
  readonly #self: string;
  readonly #peer: string;
  readonly #accounts = new Map<string, Account>();
  /** Records that streams need not hold any more, because snapshots of both machines have their effect. */
  readonly #settled = new Map<string, { mark: Mark; account: Account }>();
  #peerHoldings: Holdings = {};
  /** By how many of this machine's own records the peer was behind when it last spoke. */
  readonly #behind = new Map<StreamKind, number>();
  /** Own records that the peer held then, and this machine neither held nor was storing. */
  readonly #lost = new Map<StreamKind, number>();
  /** Own streams of which the peer has lost something, and how many records this machine held then. */
  readonly #copiedAnew = new Map<StreamKind, number>();

  constructor(self: string, peer: string) {
    this.#self = self;
    this.#peer = peer;
  }

  /** Notes records that this machine's own NATS holds; returns how many were new, so that folds can skip the rest. */
  hold(stream: StreamKind, origin: string, incarnation: string, firstSeq: number, count: number): number {
    return this.account(stream, origin).hold(incarnation, firstSeq, count);
  }

  /** Whether every one of these records is held already. */
  holds(stream: StreamKind, origin: string, incarnation: string, firstSeq: number, count: number): boolean {
    return this.account(stream, origin).holds(incarnation, firstSeq, count);
  }

  /** The store of this origin's stream was lost: what it held has to come again, but for what is settled. */
  forget(stream: StreamKind, origin: string): void {
    const key = streamKey(stream, origin);
    const account = new Account();
    account.include(this.#settled.get(key)?.account ?? new Account());
    this.#accounts.set(key, account);
  }

  /**
   * The stream was read anew: what was expected in it and not found is held no more, unless it is settled.
   * @returns how many records that are
   */
  lose(stream: StreamKind, origin: string, expected: Account, found: Account): number {
    const key = streamKey(stream, origin);
    const lost = expected.without(found).without(this.#settled.get(key)?.account ?? new Account());
    if (lost.count === 0) return 0;
    const before = this.account(stream, origin);
    const left = before.without(lost);
    left.duplicates = before.duplicates;
    this.#accounts.set(key, left);
    return lost.count;
  }

  /** From now on nobody misses the records up to this mark in a stream, nor up to one before that lies further. */
  settle(stream: StreamKind, origin: string, mark: Mark): void {
    const before = this.settled(stream, origin);
    const furthest = before === undefined || isUpTo(before, mark) ? mark : before;
    const account = this.account(stream, origin).upTo(furthest.position);
    this.#settled.set(streamKey(stream, origin), { mark: furthest, account });
  }

  /**
   * Settles what is held nowhere, though the state knows its effect: a snapshot then carries it to where it is lacking.
   * @param known records whose effect the state knows
   * @returns how many were held nowhere
   */
  settleKnown(stream: StreamKind, origin: string, known: Account): number {
    const account = this.account(stream, origin);
    const lost = known.without(account);
    if (lost.newest === undefined) return 0;
    account.include(lost);
    const before = this.settled(stream, origin)?.position ?? lost.newest;
    const position = comparePosition(before, lost.newest) > 0 ? before : lost.newest;
    this.settle(stream, origin, { position, count: account.upTo(position).count });
    return lost.count;
  }

  /** What is settled; undefined when nothing is. */
  settled(stream: StreamKind, origin: string): Mark | undefined {
    return this.#settled.get(streamKey(stream, origin))?.mark;
  }

  /** How many records up to this position are held. */
  heldUpTo(stream: StreamKind, origin: string, position: RecordPosition): number {
    return this.account(stream, origin).upTo(position).count;
  }

  /** Own records that this machine lacks: passed over in their sequence, or held by the peer alone, by what it last said. */
  lostHere(stream: StreamKind): number {
    return Math.max(this.holes(stream, this.#self), this.#lost.get(stream) ?? 0);
  }

  /** Records passed over in the sequence of an origin, as this machine holds it. */
  holes(stream: StreamKind, origin: string): number {
    return this.account(stream, origin).holes;
  }

  knows(stream: StreamKind, origin: string, incarnation: string): boolean {
    return this.account(stream, origin).knows(incarnation);
  }

  /** How many starts of an origin's hub are kept, of the stream that has most. */
  starts(origin: string): number {
    return Math.max(...streams.map((stream) => this.account(stream, origin).incarnations));
  }

  /** The newest incarnation that this origin's records name; empty when there is none. */
  newestIncarnation(origin: string): string {
    let newest = "";
    for (const stream of streams) {
      const { newestIncarnation } = this.account(stream, origin);
      if (newestIncarnation > newest) newest = newestIncarnation;
    }
    return newest;
  }

  /** What this machine holds, for the heartbeat. */
  holdings(): Holdings {
    const result: Holdings = {};
    for (const [key, { count, holes, earlier }] of this.#accounts)
      if (count > 0) result[key] = { count, holes, earlier };
    return result;
  }

  /**
   * What the peer says that it holds.
   * @param underWay own records of a stream that may stand in it already without this machine having heard so: the peer may have copied them
   * @returns streams of this machine of which the peer has fewer records than it had: its copy was damaged or lost
   */
  heardHoldings(holdings: Holdings, underWay: (stream: StreamKind) => number = () => 0): StreamKind[] {
    const shrunk = streams.filter((stream) => {
      const key = streamKey(stream, this.#self);
      return (holdings[key]?.count ?? 0) < (this.#peerHoldings[key]?.count ?? 0);
    });
    this.#peerHoldings = holdings;
    for (const stream of streams) {
      const key = streamKey(stream, this.#self);
      const [here, there] = [this.#accounts.get(key)?.count ?? 0, holdings[key]?.count ?? 0];
      this.#behind.set(stream, here - there);
      this.#lost.set(stream, Math.max(0, there - here - underWay(stream)));
      if (shrunk.includes(stream)) this.#copiedAnew.set(stream, here);
      // What this machine has lost since does not come to the peer either.
      if (there >= Math.min(here, this.#copiedAnew.get(stream) ?? 0)) this.#copiedAnew.delete(stream);
    }
    return shrunk;
  }

  /** Whether the peer holds less of this machine's records than it did, of a stream or of any. */
  isCopiedAnew(stream?: StreamKind): boolean {
    return stream === undefined ? this.#copiedAnew.size > 0 : this.#copiedAnew.has(stream);
  }

  /** Whether the peer said that it holds the very records of this machine's stream that this machine holds now. */
  isSameThere(stream: StreamKind): boolean {
    const { count, holes, earlier } = this.account(stream, this.#self);
    const there = this.#peerHoldings[streamKey(stream, this.#self)];
    return there !== undefined && there.count === count && there.holes === holes && there.earlier === earlier;
  }

  /**
   * One line per origin and stream, both machines' origins.
   * @param uncopied own records of a stream that the peer has not confirmed: newer news than its holdings, which are up to a
   * heartbeat old and would show every record as pending for that long
   */
  entries(uncopied: (stream: StreamKind) => number): LedgerEntry[] {
    const here = this.holdings();
    return [this.#self, this.#peer].flatMap((origin) =>
      streams.map((stream): LedgerEntry => {
        const key = streamKey(stream, origin);
        const atSelf = here[key] ?? { count: 0, holes: 0 };
        const atPeer = this.#peerHoldings[key] ?? { count: 0, holes: 0 };
        const [atOrigin, atOther] = origin === this.#self ? [atSelf, atPeer] : [atPeer, atSelf];
        // What the peer said is up to a heartbeat old, so its own records may show here before they show in its words.
        const stored = origin === this.#self ? atOrigin.count : Math.max(atOrigin.count, atOther.count);
        const uncopiedHere = origin === this.#self ? Math.max(uncopied(stream), this.#behind.get(stream) ?? 0) : 0;
        const copied = Math.max(0, origin === this.#self ? stored - uncopiedHere : Math.min(atOther.count, stored));
        // The other way round it is a loss: this machine's store has lost records that the peer still holds.
        // What has gone since the peer was heard is lost at once; what was lost then may have come back.
        const heldThen = (this.#behind.get(stream) ?? 0) + atOther.count;
        const lostAtMost = (this.#lost.get(stream) ?? 0) + Math.max(0, heldThen - atOrigin.count);
        const lostHere = origin === this.#self ? Math.min(Math.max(0, atOther.count - atOrigin.count), lostAtMost) : 0;
        const missing = atSelf.holes + atPeer.holes + lostHere;
        return {
          origin,
          stream,
          stored,
          copied,
          pending: Math.max(0, stored - copied - atOther.holes),
          missing,
          duplicates: this.#accounts.get(key)?.duplicates ?? 0,
        };
      }),
    );
  }

  /** One line per origin and stream, both machines' origins. */
  shares(): Shares[] {
    return [this.#self, this.#peer].flatMap((origin) =>
      streams.map((stream): Shares => {
        const { count, holes, earlier } = this.account(stream, origin);
        const { earlier: said, ...there } = this.#peerHoldings[streamKey(stream, origin)] ?? nothing;
        const alike = said === undefined ? undefined : said === earlier;
        return { stream, origin, here: { count, holes }, there, alike };
      }),
    );
  }

  /** What is held of one origin's stream. */
  account(stream: StreamKind, origin: string): Account {
    const key = streamKey(stream, origin);
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = new Account();
      this.#accounts.set(key, account);
    }
    return account;
  }
}
