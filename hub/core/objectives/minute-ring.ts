/** Counts of probes by the minute, for as many minutes back as the longest window and the days that are still reckoned need. */

export interface Count {
  total: number;
  /** Of them, those that got no good answer in time. */
  bad: number;
}

export const minuteMs = 60_000;
export const minuteOf = (wallMs: number): number => Math.floor(wallMs / minuteMs);
export const minutesOfDay = 1_440;
export const dayOf = (minute: number): number => Math.floor(minute / minutesOfDay);
/** Today and the three days before. */
export const keptMinutes = 4 * minutesOfDay;
/** As many as a cell holds. */
const most = 65_535;

/** Mutable. Four and more days fall on the same cells: the minute that was written last has one. */
export class MinuteRing {
  readonly #minutes = new Int32Array(keptMinutes).fill(-1);
  readonly #totals = new Uint16Array(keptMinutes);
  readonly #bads = new Uint16Array(keptMinutes);

  add(minute: number, { total, bad }: Count): void {
    const before = this.at(minute);
    this.set(minute, { total: (before?.total ?? 0) + total, bad: (before?.bad ?? 0) + bad });
  }

  set(minute: number, { total, bad }: Count): void {
    if (minute < 0) return;
    const cell = minute % keptMinutes;
    this.#minutes[cell] = minute;
    this.#totals[cell] = Math.min(most, total);
    this.#bads[cell] = Math.min(most, bad);
  }

  /** Undefined where nothing was counted. */
  at(minute: number): Count | undefined {
    const total = this.totalAt(minute);
    return total === 0 ? undefined : { total, bad: this.badAt(minute) };
  }

  totalAt(minute: number): number {
    const cell = minute % keptMinutes;
    return this.#minutes[cell] === minute ? (this.#totals[cell] ?? 0) : 0;
  }

  badAt(minute: number): number {
    const cell = minute % keptMinutes;
    return this.#minutes[cell] === minute ? (this.#bads[cell] ?? 0) : 0;
  }
}
