/** Tells a beat that proves life from one that came already, one of a hub that was replaced, and one that somebody repeats. */

/** The beat of the other side that a sender heard last. */
export interface Echo {
  incarnation: string;
  counter: number;
}

export interface CountedBeat {
  incarnation: string;
  counter: number;
  echo?: Echo | undefined;
}

const rememberedIncarnations = 16;
/** A hub that was replaced is taken again when its successor has been silent for so long, ms: then it was no successor. */
const returnAfterMs = 1_000;
/** Two seconds of beats: what a stream has kept longer of an earlier life names one that left before that. */
const freshBeats = 40;

/** Whether the beat that is echoed is one that this hub sent of late. */
export const isOfLate = (echo: Echo | undefined, own: string, sent: number): boolean =>
  echo?.incarnation === own && sent - echo.counter <= freshBeats;

export class BeatFilter {
  readonly #own: string;
  /** Highest counter of each incarnation, the present one's last. Not an order of time: a machine's clock may go back. */
  readonly #counters = new Map<string, number>();
  #incarnation = "";
  #heardAtMs = Number.NEGATIVE_INFINITY;

  /** @param own incarnation of the hub that listens */
  constructor(own: string) {
    this.#own = own;
  }

  /** The peer's incarnation as last taken; empty before the first. */
  get incarnation(): string {
    return this.#incarnation;
  }

  /**
   * An incarnation is taken up only if it has heard this hub of late: beats of an earlier life, kept by somebody, name another one, or
   * one of its beats that is long gone.
   *
   * @param atMs monotonic
   * @param sent counter of this hub's last beat
   */
  isNews({ incarnation, counter, echo }: CountedBeat, atMs: number, sent: number): boolean {
    if (counter <= (this.#counters.get(incarnation) ?? 0)) return false;
    if (incarnation !== this.#incarnation) {
      if (!isOfLate(echo, this.#own, sent)) return false;
      if (this.#counters.has(incarnation) && atMs - this.#heardAtMs < returnAfterMs) return false;
      this.#incarnation = incarnation;
    }
    this.#counters.delete(incarnation);
    this.#counters.set(incarnation, counter);
    for (const oldest of this.#counters.keys()) {
      if (this.#counters.size <= rememberedIncarnations) break;
      this.#counters.delete(oldest);
    }
    this.#heardAtMs = atMs;
    return true;
  }
}
