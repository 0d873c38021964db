/**
 * The counts of one objective: what this hub asked itself, and what the peer's hub did. A minute is the one's or the other's, never both
 * together, since both ask the same thing: this hub's own, unless it was away for more than half of what the peer counted.
 */
import { type Count, dayOf, keptMinutes, MinuteRing, minutesOfDay } from "./minute-ring.ts";

/** Days of which counts are kept. */
export const keptDays = 90;
/** Of which the minutes are known: today and those before. */
const daysOfMinutes = keptMinutes / minutesOfDay;

/** Mutable; one an objective. */
export class ObjectiveBook {
  readonly #own = new MinuteRing();
  readonly #peer = new MinuteRing();
  readonly #days = new Map<number, Count>();
  /** Whether it was ever served: what nobody has set up yet breaks no promise. */
  #begun = false;

  /** This hub has asked. @returns whether that counts */
  count(minute: number, { total, bad }: Count): boolean {
    if (!this.#begun && bad >= total) return false;
    this.addOwn(minute, { total, bad });
    return true;
  }

  /** What this hub counted, now or in an earlier life. */
  addOwn(minute: number, count: Count): void {
    this.#begun = true;
    this.#own.add(minute, count);
  }

  own(minute: number): Count | undefined {
    return this.#own.at(minute);
  }

  /** All that the peer's hub counted in that minute. */
  setPeers(minute: number, count: Count): void {
    if (count.total === 0) return;
    this.#begun = true;
    this.#peer.set(minute, count);
  }

  /** What counts of a minute. */
  at(minute: number): Count {
    return this.between(minute - 1, minute);
  }

  /** Of the minutes after `from` up to `to`. */
  between(from: number, to: number): Count {
    let [total, bad] = [0, 0];
    for (let minute = Math.max(from, to - keptMinutes) + 1; minute <= to; minute++) {
      const ring = this.#ringOf(minute);
      total += ring.totalAt(minute);
      bad += ring.badAt(minute);
    }
    return { total, bad };
  }

  /** From a file, or of the peer's book: it stands where fewer probes are known of that day here. */
  noteDay(day: number, count: Count): void {
    if (count.total === 0) return;
    this.#begun = true;
    if (count.total <= (this.#days.get(day)?.total ?? 0)) return;
    this.#days.set(day, count);
    // The oldest goes; each day of a clock that ran ahead costs one.
    if (this.#days.size > keptDays) this.#days.delete(Math.min(...this.#days.keys()));
  }

  /** Reckons today and the days before anew, whose minutes may have come from the peer since. */
  reckon(nowMinute: number): void {
    const today = dayOf(nowMinute);
    for (let day = today - daysOfMinutes + 1; day <= today; day++) {
      const first = day * minutesOfDay;
      this.noteDay(day, this.between(first - 1, Math.min(nowMinute, first + minutesOfDay - 1)));
    }
  }

  /** The oldest first. */
  days(nowMinute: number): DayCount[] {
    const today = dayOf(nowMinute);
    return this.allDays(nowMinute).filter(({ day }) => day > today - keptDays && day <= today);
  }

  /** Those that are yet to come as well, to be kept: a clock that is behind now must not cost the past. */
  allDays(nowMinute: number): DayCount[] {
    this.reckon(nowMinute);
    return [...this.#days].sort(([a], [b]) => a - b).map(([day, count]) => ({ day, count }));
  }

  /** The own, or the peer's where that is of more than twice as many probes: this hub was away then. */
  #ringOf(minute: number): MinuteRing {
    return this.#peer.totalAt(minute) > 2 * this.#own.totalAt(minute) ? this.#peer : this.#own;
  }
}

export interface DayCount {
  day: number;
  count: Count;
}

/** Of the last so many days, today among them. */
export function sumOfDays(days: readonly DayCount[], windowDays: number, nowMinute: number): Count {
  const from = dayOf(nowMinute) - windowDays;
  const sum = { total: 0, bad: 0 };
  for (const { day, count } of days) {
    if (day <= from) continue;
    sum.total += count.total;
    sum.bad += count.bad;
  }
  return sum;
}
