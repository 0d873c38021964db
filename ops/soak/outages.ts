/** Follows each client from a failed request to the next good one. */
import type { Outage } from "./slice.ts";

export interface Tried {
  stream: string;
  /** When it was due, ms. */
  atMs: number;
  tookMs: number;
  ok: boolean;
}

export class Outages {
  readonly #open = new Map<string, { fromMs: number; toMs: number }>();
  #ended: Outage[] = [];

  /** In the order in which they were due. */
  note({ stream, atMs, tookMs, ok }: Tried): void {
    const open = this.#open.get(stream);
    const answeredAtMs = atMs + tookMs;
    if (!ok) {
      this.#open.set(stream, { fromMs: open?.fromMs ?? atMs, toMs: Math.max(open?.toMs ?? 0, answeredAtMs) });
    } else if (open !== undefined) {
      this.#ended.push({ stream, fromMs: open.fromMs, toMs: answeredAtMs, open: false });
      this.#open.delete(stream);
    }
  }

  /** Those that stand end with their last answer; what follows is another one. */
  cut(): void {
    for (const [stream, times] of this.#open) this.#ended.push({ stream, ...times, open: false });
    this.#open.clear();
  }

  /** Those that have ended since the last call, and those that stand. */
  take(): Outage[] {
    const ended = this.#ended;
    this.#ended = [];
    return [...ended, ...[...this.#open].map(([stream, { fromMs, toMs }]) => ({ stream, fromMs, toMs, open: true }))];
  }

  get standing(): string[] {
    return [...this.#open.keys()];
  }
}

/** One entry for each, although one that stood was told of by several slices. Longest first. */
export function wholeOutages(told: readonly Outage[]): Outage[] {
  const whole = new Map<string, Outage>();
  for (const outage of told) {
    const key = `${outage.stream} ${outage.fromMs}`;
    const known = whole.get(key);
    if (known === undefined || outage.toMs >= known.toMs) whole.set(key, outage);
  }
  return [...whole.values()].sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
}
