/** Which of one origin's records of one stream a machine holds, as sequences by incarnation. */
import { z } from "zod";
import { fnv1a } from "./fnv.ts";
import { comparePosition, RecordPosition, Seq } from "./record.ts";
import { SeqSet, type Stretch } from "./seq-set.ts";

/** An account as a snapshot carries it. */
export const AccountDump = z.strictObject({
  /** Stretches of sequences, by incarnation. */
  held: z.array(z.tuple([z.string(), z.array(z.tuple([Seq, Seq]).refine(([first, last]) => first <= last))])),
  duplicates: z.number().int().nonnegative(),
});
export type AccountDump = z.infer<typeof AccountDump>;

/** A place in an origin's records, and how many of them are held up to it. */
export const Mark = z.strictObject({
  position: RecordPosition,
  count: z.number().int().nonnegative(),
});
export type Mark = z.infer<typeof Mark>;

/** All that is held, as two machines compare it: they hold the same when both count and digest are equal. */
export const Cover = z.strictObject({ ...Mark.shape, digest: z.string() });
export type Cover = z.infer<typeof Cover>;

/** Mutable, as the sets that it is made of. */
export class Account {
  readonly #incarnations = new Map<string, SeqSet>();
  #newest = "";
  /** Not known any more once something of it has changed. */
  #earlier: string | undefined;
  #count = 0;
  duplicates = 0;

  static of({ held, duplicates }: AccountDump): Account {
    const account = new Account();
    for (const [incarnation, stretches] of held)
      for (const [first, last] of stretches) account.hold(incarnation, first, last - first + 1);
    account.duplicates = duplicates;
    return account;
  }

  /** Distinct records held. */
  get count(): number {
    return this.#count;
  }

  /** Sequences below the highest of their incarnation that are not there. */
  get holes(): number {
    let holes = 0;
    for (const set of this.#incarnations.values()) holes += set.holes;
    return holes;
  }

  /** How many there are of which something is held. */
  get incarnations(): number {
    return this.#incarnations.size;
  }

  /** Runs without a hole beyond one of each incarnation. */
  get ranges(): number {
    let ranges = 0;
    for (const set of this.#incarnations.values()) ranges += set.rangeCount - 1;
    return ranges;
  }

  /** Whether a record makes no further run: it follows what is held of its incarnation, or was held. */
  continues(incarnation: string, seq: number): boolean {
    const set = this.#incarnations.get(incarnation);
    return set === undefined || set.has(seq) || set.has(seq - 1);
  }

  /** The newest record held; undefined when there is none. */
  get newest(): RecordPosition | undefined {
    const incarnation = this.newestIncarnation;
    return incarnation === "" ? undefined : { incarnation, seq: this.#incarnations.get(incarnation)?.highest ?? 0 };
  }

  /** Empty when nothing is held. */
  get newestIncarnation(): string {
    return this.#newest;
  }

  /**
   * A digest of what is held of the incarnations before the newest one, of its name, and of which of its records were passed over:
   * it stands still while its records come.
   */
  get earlier(): string {
    this.#earlier ??= this.#digestOfEarlier();
    return this.#earlier;
  }

  /** All that is held; undefined when nothing is. Records that both machines have lost keep neither from agreeing. */
  get cover(): Cover | undefined {
    const position = this.newest;
    return position === undefined ? undefined : { position, count: this.#count, digest: this.digest };
  }

  /** Of which records are held, without the duplicates. */
  get digest(): string {
    return digestOf(JSON.stringify(this.#held()));
  }

  knows(incarnation: string): boolean {
    return this.#incarnations.has(incarnation);
  }

  /** @returns how many of these records were new */
  hold(incarnation: string, firstSeq: number, count: number): number {
    let set = this.#incarnations.get(incarnation);
    if (set === undefined) {
      set = new SeqSet();
      this.#incarnations.set(incarnation, set);
      if (incarnation > this.#newest) this.#newest = incarnation;
      this.#earlier = undefined;
    }
    const holesBefore = set.holes;
    const fresh = set.add(firstSeq, count);
    if (incarnation !== this.#newest || set.holes !== holesBefore) this.#earlier = undefined;
    this.#count += fresh;
    this.duplicates += count - fresh;
    return fresh;
  }

  /** Whether every one of these records is held. */
  holds(incarnation: string, firstSeq: number, count: number): boolean {
    return this.#incarnations.get(incarnation)?.hasRange(firstSeq, count) ?? false;
  }

  /** What it holds up to a position, that included; without the duplicates. */
  upTo(position: RecordPosition): Account {
    const part = new Account();
    for (const [incarnation, set] of this.#incarnations) {
      if (incarnation > position.incarnation) continue;
      part.#put(
        incarnation,
        incarnation === position.incarnation ? set.upTo(position.seq).stretches() : set.stretches(),
      );
    }
    return part;
  }

  /** Takes over what the other one holds; what both do is no duplicate. */
  include(other: Account): void {
    for (const [incarnation, set] of other.#incarnations) {
      const lacked = set.without(this.#incarnations.get(incarnation) ?? new SeqSet());
      this.#put(incarnation, lacked);
    }
  }

  /** What this account holds and the other does not, the duplicates aside. */
  without(other: Account): Account {
    const rest = new Account();
    for (const [incarnation, set] of this.#incarnations)
      rest.#put(incarnation, set.without(other.#incarnations.get(incarnation) ?? new SeqSet()));
    return rest;
  }

  dump(): AccountDump {
    const held = [...this.#incarnations].map(([incarnation, set]): [string, Stretch[]] => [
      incarnation,
      set.stretches(),
    ]);
    return { held, duplicates: this.duplicates };
  }

  #digestOfEarlier(): string {
    const said: unknown[] = [this.#newest, this.#held(this.#newest)];
    const gaps = gapsIn(this.#incarnations.get(this.#newest)?.stretches() ?? []);
    // Hubs of before say nothing of gaps, and so the same where there are none.
    if (gaps.length > 0) said.push(gaps);
    return digestOf(JSON.stringify(said));
  }

  /** In their order, of all incarnations but one. */
  #held(but?: string): [string, Stretch[]][] {
    return [...this.#incarnations]
      .map(([incarnation, set]): [string, Stretch[]] => [incarnation, set.stretches()])
      .filter(([incarnation, stretches]) => incarnation !== but && stretches.length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #put(incarnation: string, stretches: readonly Stretch[]): void {
    for (const [first, last] of stretches) this.hold(incarnation, first, last - first + 1);
  }
}

/** Stretches of numbers from 1 on that lie before and between these. */
function gapsIn(stretches: readonly Stretch[]): Stretch[] {
  const gaps: Stretch[] = [];
  let next = 1;
  for (const [first, last] of stretches) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  return gaps;
}

/** From two beginnings, 64 bits together. */
const digestOf = (text: string) =>
  [0x811c9dc5, 0x01000193].map((start) => fnv1a([text], start).toString(16).padStart(8, "0")).join("");

/** Whether one mark lies no further than another. */
export const isUpTo = (mark: Mark, limit: Mark): boolean => comparePosition(mark.position, limit.position) <= 0;
