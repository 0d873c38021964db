/** Says whether each machine holds again what the other one held alone: before that, no service goes back to its home. */
import type { LedgerEntry } from "./ledger.ts";

/** Mutable; one per hub. Records under way between two that are in sync do not count: once refilled, a pair is so until it parts. */
export class RefillWatch {
  #heard = false;
  #refilled = false;

  /** The peer told what it holds. `shrunk`: less of this machine's records than before, so its copies were lost. */
  heard(shrunk: boolean): void {
    this.#heard = true;
    if (shrunk) this.#refilled = false;
  }

  /** @param entries of the ledger, both machines' origins */
  judge(inSync: boolean, entries: readonly Pick<LedgerEntry, "pending" | "missing">[]): boolean {
    if (!inSync) {
      this.#heard = false;
      this.#refilled = false;
    } else if (this.#heard && entries.every(({ pending, missing }) => pending === 0 && missing === 0)) {
      this.#refilled = true;
    }
    return this.#refilled;
  }
}
