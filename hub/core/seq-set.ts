/** A set of sequence numbers from 1 on, kept as ranges: what came once, what came twice, and which holes lie below the highest. */

/** First and last number of a run without a hole. */
export type Stretch = [number, number];

/** Mutable, because it stands on the path of every record; memory grows with the number of holes, not of records. */
export class SeqSet {
  /** Disjoint, ascending, not touching: [first, last] each. */
  readonly #ranges: [number, number][] = [];
  #count = 0;

  /** A set of these stretches, first and last number each, in any order. */
  static of(stretches: Iterable<Stretch>): SeqSet {
    const set = new SeqSet();
    for (const [first, last] of stretches) set.add(first, last - first + 1);
    return set;
  }

  /** Its stretches without a hole, ascending. */
  stretches(): Stretch[] {
    return this.#ranges.map(([first, last]) => [first, last]);
  }

  /** Those of its numbers that are no higher than `seq`. */
  upTo(seq: number): SeqSet {
    return SeqSet.of(
      this.#ranges.filter(([first]) => first <= seq).map(([first, last]): Stretch => [first, Math.min(last, seq)]),
    );
  }

  /** Stretches of this set that are not in the other one. Cost: the ranges of both. */
  without(other: SeqSet): Stretch[] {
    const left: Stretch[] = [];
    let at = 0;
    for (const [first, last] of this.#ranges) {
      let from = first;
      for (let skip = other.#ranges[at]; skip !== undefined && skip[0] <= last; skip = other.#ranges[++at]) {
        if (skip[0] > from) left.push([from, skip[0] - 1]);
        from = Math.max(from, skip[1] + 1);
        // It may reach into the next range too.
        if (skip[1] > last) break;
      }
      if (from <= last) left.push([from, last]);
    }
    return left;
  }

  /** Adds `count` numbers from `first` on; returns how many of them were new. */
  add(first: number, count: number): number {
    const last = first + count - 1;
    const tail = this.#ranges.at(-1);
    // Nearly every call continues the last range.
    if (tail !== undefined && first === tail[1] + 1) {
      tail[1] = last;
      this.#count += count;
      return count;
    }
    return this.#merge(first, last);
  }

  has(seq: number): boolean {
    return this.hasRange(seq, 1);
  }

  /** Whether all of `count` numbers from `from` on are there. */
  hasRange(from: number, count: number): boolean {
    const range = this.#ranges[this.#reaching(from)];
    return range !== undefined && range[0] <= from && from + count - 1 <= range[1];
  }

  get count(): number {
    return this.#count;
  }

  get highest(): number {
    return this.#ranges.at(-1)?.[1] ?? 0;
  }

  /** Numbers below the highest that never came. */
  get holes(): number {
    return this.highest - this.#count;
  }

  /** Stretches without a hole; memory grows with them. */
  get rangeCount(): number {
    return this.#ranges.length;
  }

  /** Takes the lowest hole between two ranges for filled; returns how many numbers that were. */
  closeLowestHole(): number {
    const [lowest, next] = this.#ranges;
    if (lowest === undefined || next === undefined) return 0;
    const filled = next[0] - lowest[1] - 1;
    this.#ranges.splice(0, 2, [lowest[0], next[1]]);
    this.#count += filled;
    return filled;
  }

  #merge(first: number, last: number): number {
    const before = this.#count;
    const from = this.#reaching(first - 1);
    let [low, high, to] = [first, last, from];
    for (let range = this.#ranges[to]; range !== undefined && range[0] <= last + 1; range = this.#ranges[++to]) {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
      this.#count -= range[1] - range[0] + 1;
    }
    this.#ranges.splice(from, to - from, [low, high]);
    this.#count += high - low + 1;
    return this.#count - before;
  }

  /** Where the first range stands that ends at this number or later. */
  #reaching(seq: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = this.#ranges[middle];
      if (range !== undefined && range[1] < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
