/** Says whether each machine holds again what the other one held alone: before that, no service goes back to its home. */
import type { Shares } from "./ledger.ts";

/** Mutable; one per hub. What is stored after the two have met again does not count: it is copied as it comes. */
export class RefillWatch {
  #heard = false;
  #refilled = false;
  /** How much of each stream stood on one of the two when they met. */
  #toCome: ReadonlyMap<string, number> | undefined;

  /** The peer told what it holds. `shrunk`: less of this machine's records than before, so its copies were lost. */
  heard(shrunk: boolean): void {
    this.#heard = true;
    if (shrunk) this.#begin();
  }

  /** @param shares of the ledger; asked for until all is refilled */
  judge(inSync: boolean, shares: () => readonly Shares[]): boolean {
    if (!inSync) {
      this.#heard = false;
      this.#begin();
    } else if (this.#heard && !this.#refilled) {
      const lines = shares();
      const toCome = this.#toCome ?? new Map(lines.map((line) => [keyOf(line), most(line)]));
      this.#toCome = toCome;
      // What is gone from both since then will not come.
      const isOnBoth = (line: Shares) =>
        Math.min(line.here.count, line.there.count) >= Math.min(toCome.get(keyOf(line)) ?? 0, most(line));
      this.#refilled = lines.every((line) => isSame(line) && isOnBoth(line));
    }
    return this.#refilled;
  }

  #begin(): void {
    this.#refilled = false;
    this.#toCome = undefined;
  }
}

/** A record that both lack is lost, and nothing waits for it; which they are is in what makes them alike. */
const isSame = ({ here, there, alike }: Shares): boolean =>
  alike === undefined ? here.holes + there.holes === 0 : alike && here.holes === there.holes;

const most = ({ here, there }: Shares): number => Math.max(here.count, there.count);

const keyOf = ({ stream, origin }: Shares): string => `${stream}/${origin}`;
