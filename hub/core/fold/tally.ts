/** Counts what the fold holds, in all, by job, and of the jobs together that the inventory does not name. */

export interface Amount {
  /** Groups that exist or existed. */
  remembered: number;
  /** Groups that exist. */
  groups: number;
  series: number;
  /** What all of them take of a snapshot, bytes: what limits on text count. */
  characters: number;
}

export const noAmount = (): Amount => ({ remembered: 0, groups: 0, series: 0, characters: 0 });

export class Tally {
  readonly total = noAmount();
  /** Of the jobs that `isGuest` says. */
  readonly guests = noAmount();
  readonly #jobs = new Map<string, Amount>();
  readonly isGuest: (job: string) => boolean;

  constructor(isGuest: (job: string) => boolean) {
    this.isGuest = isGuest;
  }

  of(job: string): Readonly<Amount> {
    return this.#jobs.get(job) ?? nothing;
  }

  add(job: string, amount: Readonly<Amount>): void {
    let own = this.#jobs.get(job);
    if (own === undefined) {
      own = noAmount();
      this.#jobs.set(job, own);
    }
    addTo(own, amount);
    addTo(this.total, amount);
    if (this.isGuest(job)) addTo(this.guests, amount);
    if (own.remembered === 0 && own.series === 0 && own.characters === 0) this.#jobs.delete(job);
  }

  /** The job that has most of it, the first of some; none has any of it where its name is empty. */
  largest(what: keyof Amount): { job: string; amount: number } {
    let largest = { job: "", amount: 0 };
    for (const [job, { [what]: amount }] of this.#jobs) if (amount > largest.amount) largest = { job, amount };
    return largest;
  }
}

const nothing: Readonly<Amount> = noAmount();

function addTo(sum: Amount, { remembered, groups, series, characters }: Readonly<Amount>): void {
  sum.remembered += remembered;
  sum.groups += groups;
  sum.series += series;
  sum.characters += characters;
}
