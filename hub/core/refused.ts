/** What the other machine, or somebody in its place, said and this hub did not take in; an honest one says nothing of the kind. */

export const refusedKinds = [
  /** A batch or a line of a snapshot that is stamped far in the future. */
  "stamp",
  /** A message of its records that is no batch of its own, or one of which a push cannot be folded. */
  "batch",
  /** A batch of an incarnation whose name is none, or one too many. */
  "incarnation",
  /** A place in this machine's records that they have not reached. */
  "position",
  /** A count of records of a machine that is none of the pair. */
  "ledger",
  /** A snapshot longer than any, or a line of one beyond what a hub keeps of its kind. */
  "snapshot",
  /** An alert or a health of what there is not, beyond what is kept of such. */
  "subject",
  /** A document beyond the limits that hold for writers. */
  "document",
  /** An entry of a service that there is not, or an epoch far above the known one. */
  "epoch",
  /** A message to the judge without the right seal, of another machine, or too long. */
  "beat",
  /** An end of an alert that this hub raised and still sees. */
  "end",
  /** A report, or an answer to a question, over HTTP without the seal of the peer's hub, or longer than any. */
  "report",
] as const;
export type RefusedKind = (typeof refusedKinds)[number];

/** Mutable; one per hub. */
export class Refused {
  readonly #counts = new Map<RefusedKind, number>();

  count(what: RefusedKind, times = 1): void {
    this.#counts.set(what, this.of(what) + times);
  }

  /** Since the hub started. */
  of(what: RefusedKind): number {
    return this.#counts.get(what) ?? 0;
  }
}
