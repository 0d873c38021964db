/** What stands on a machine's disk, synced: its own records, its copy of the peer's, and the table of the failover. */
import type { Saved } from "../../hub/core/failover/messages.ts";
import type { RecordPosition } from "../../hub/core/record.ts";

export interface StoredBatch {
  incarnation: string;
  firstSeq: number;
  count: number;
}

/** A stream with an identity: one that was made anew has places of its own. */
export interface Stream {
  created: number;
  batches: StoredBatch[];
}

/** Up to where a copy follows the origin's stream. */
export interface CopyPlace {
  created: number;
  index: number;
}

export class Platter {
  readonly own: Stream;
  readonly copy: StoredBatch[] = [];
  copyPlace: CopyPlace | undefined;
  /** Taken while NATS was away, and not in the stream yet. */
  readonly spool: StoredBatch[] = [];
  /** What the failover asked to be kept; undefined on a blank disk. */
  saved: Saved | undefined;
  /** By service, the lowest epoch that router and supervisor still obey. */
  readonly floors = new Map<string, number>();
  /** Ids of the records in own stream and spool, and in the copy: only for looking them up. */
  readonly #ids = { own: new Set<string>(), copy: new Set<string>() };

  constructor(generation: number) {
    this.own = { created: generation, batches: [] };
  }

  addOwn(...batches: StoredBatch[]): void {
    this.own.batches.push(...batches);
    this.#note("own", batches);
  }

  addCopy(batches: readonly StoredBatch[], place: CopyPlace): void {
    this.copy.push(...batches);
    this.copyPlace = place;
    this.#note("copy", batches);
  }

  addSpool(batch: StoredBatch): void {
    this.spool.push(batch);
    this.#note("own", [batch]);
  }

  /** The oldest of the spool goes to the stream. */
  drain(): void {
    const batch = this.spool.shift();
    if (batch !== undefined) this.own.batches.push(batch);
  }

  has(of: "own" | "copy", position: RecordPosition): boolean {
    return this.#ids[of].has(idOf(position));
  }

  /** The same for two disks that hold the same. */
  ids(of: "own" | "copy"): ReadonlySet<string> {
    return this.#ids[of];
  }

  #note(of: "own" | "copy", batches: readonly StoredBatch[]): void {
    for (const { incarnation, firstSeq, count } of batches)
      for (let seq = firstSeq; seq < firstSeq + count; seq++) this.#ids[of].add(idOf({ incarnation, seq }));
  }
}

export const positionOf = ({ incarnation, firstSeq, count }: StoredBatch): RecordPosition => ({
  incarnation,
  seq: firstSeq + count - 1,
});

const idOf = ({ incarnation, seq }: RecordPosition) => `${incarnation}:${seq}`;
