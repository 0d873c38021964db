/** What is known of each agent's scrapes: how the last one went, and how many have failed. */

export type ScrapeOutcome = { ok: true; samples: number } | { ok: false; reason: string };

export interface ScrapeStatus {
  ok: boolean;
  /** Samples of the last scrape; 0 when it failed. */
  samples: number;
  /** Why the last scrape failed; empty when it did not. */
  reason: string;
  /** When it ended, monotonic ms. */
  atMs: number;
  tookMs: number;
}

export class ScrapeBook {
  readonly #statuses = new Map<string, ScrapeStatus>();
  readonly #failures = new Map<string, number>();

  /** @param id `machine/name` of the agent @returns whether it turned from well to failed, or the other way */
  observed(id: string, outcome: ScrapeOutcome, atMs: number, tookMs: number): boolean {
    const before = this.#statuses.get(id);
    this.#statuses.set(id, { samples: 0, reason: "", ...outcome, atMs, tookMs });
    this.#failures.set(id, this.failures(id) + (outcome.ok ? 0 : 1));
    return before?.ok !== outcome.ok;
  }

  /** The agent is scraped from elsewhere now; the count of failures stays, since a counter never goes back. */
  forget(id: string): void {
    this.#statuses.delete(id);
  }

  /** Undefined while the agent is not scraped from here. */
  status(id: string): ScrapeStatus | undefined {
    return this.#statuses.get(id);
  }

  /** Since the hub started. */
  failures(id: string): number {
    return this.#failures.get(id) ?? 0;
  }
}
