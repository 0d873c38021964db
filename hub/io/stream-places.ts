/** How far this hub has taken each stream of its domain into its state, by the sequences of the stream itself. */
import { SeqSet, type Stretch } from "../core/seq-set.ts";

interface Taken {
  /** When the stream was made; empty until somebody has looked. */
  created: string;
  seqs: SeqSet;
}

/** Mutable; by name of the stream. */
export class StreamPlaces {
  readonly #streams = new Map<string, Taken>();

  /** The stream was read up to this sequence, from its beginning or from where a snapshot ends. */
  begin(stream: string, created: string, upToSeq: number): void {
    this.#streams.set(stream, { created, seqs: SeqSet.of(upToSeq > 0 ? [[1, upToSeq]] : []) });
  }

  take(stream: string, seq: number): void {
    const taken = this.#streams.get(stream);
    if (taken === undefined || taken.seqs.has(seq)) return;
    taken.seqs.add(seq, 1);
  }

  /** What there was from `first` to `last` was taken; the rest is not in the stream any more. */
  pass(stream: string, [first, last]: Stretch): void {
    this.#streams.get(stream)?.seqs.add(first, last - first + 1);
  }

  /** Says when the stream was made; another one than was read is begun anew. */
  found(stream: string, created: string): void {
    const taken = this.#streams.get(stream);
    if (taken?.created === created) return;
    if (taken?.created === "") taken.created = created;
    else this.begin(stream, created, 0);
  }

  /** All up to this sequence was taken. */
  upTo(stream: string): number {
    const [first] = this.#streams.get(stream)?.seqs.stretches() ?? [];
    return first?.[0] === 1 ? first[1] : 0;
  }

  /** What was passed over below the highest sequence taken: stored without our having heard so, or still on its way. */
  gaps(stream: string): Stretch[] {
    const seqs = this.#streams.get(stream)?.seqs;
    return seqs === undefined ? [] : SeqSet.of([[1, Math.max(1, seqs.highest)]]).without(seqs);
  }
}
