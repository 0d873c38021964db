/** Pushes to the hubs of a pair, each to a group of its own, and holds what was acknowledged against what both machines have. */
import { LedgerView } from "../../hub/http/api.ts";
import { askHub } from "../../ops/site/ask-hub.ts";
import { settle } from "../prove/loss/settle.ts";
import type { BareMachine, BarePair } from "../support/bare-pair.ts";

/** Longer than a hub takes to refuse what it cannot store. */
const answerDeadlineMs = 20_000;
const metric = "reliability_value";

export class Acknowledged {
  /** Value by job, of pushes answered with 200. */
  readonly #held = new Map<string, number>();
  readonly #pair: BarePair;
  #next = 0;
  refused = 0;
  unanswered = 0;

  constructor(pair: BarePair) {
    this.#pair = pair;
  }

  get count(): number {
    return this.#held.size;
  }

  /** One after the other. @returns what was answered to each. @example ["200 peer", "507", "no answer"] */
  async push({ hubUrl, name }: BareMachine, count: number): Promise<string[]> {
    const answers: string[] = [];
    for (let i = 0; i < count; i++) answers.push(await this.#one(hubUrl, name));
    return answers;
  }

  /** Notes a push that was made in another way. */
  note(job: string, value: number): void {
    this.#held.set(job, value);
  }

  /** Waits until hubs, Pushgateways and ledgers of both machines are equal and looks whether all is there. @throws what is not */
  async held(): Promise<{ acknowledged: number; lost: number; missing: number; equalAfterMs: number }> {
    const settled = await settle(this.#pair);
    if (typeof settled === "string") throw new Error(settled);
    const lost = [...this.#held].filter(([job, value]) => settled.standing.get(job)?.get(metric) !== value);
    const ledgers = await Promise.all(
      this.#pair.both.map(({ hubUrl }) => askHub(`${hubUrl}/api/v1/ledger`, LedgerView)),
    );
    const missing = ledgers.reduce((sum, ledger) => sum + (ledger?.missing ?? Number.NaN), 0);
    return { acknowledged: this.count, lost: lost.length, missing, equalAfterMs: settled.tookMs };
  }

  async #one(hubUrl: string, name: string): Promise<string> {
    const value = ++this.#next;
    const job = `reliability_${name}_${value}`;
    try {
      const signal = AbortSignal.timeout(answerDeadlineMs);
      const answer = await fetch(`${hubUrl}/metrics/job/${job}`, {
        method: "PUT",
        body: `${metric} ${value}\n`,
        signal,
      });
      const text = await answer.text();
      if (answer.status === 200) {
        this.#held.set(job, value);
        return `200 ${answer.headers.get("tandem-replication")}`;
      }
      this.refused++;
      return `${answer.status} ${text.trim()}`;
    } catch {
      this.unanswered++;
      return "no answer";
    }
  }
}
