/** Waits for what comes of a move that was ordered: the other machine has the service, it is given up, or nothing comes in time. */
import type { ServiceView } from "./core/failover/service.ts";
import type { OrderOutcome } from "./http/services-api.ts";
import type { FromSeat } from "./judge/seat/messages.ts";

export class MoveWatch {
  readonly #takers = new Set<(news: FromSeat) => void>();

  take(news: FromSeat): void {
    for (const taker of this.#takers) taker(news);
  }

  /**
   * @param before the service as it was when its move was ordered
   * @param deadlineMs from now on
   */
  wait(before: ServiceView, deadlineMs: number): Promise<OrderOutcome> {
    return new Promise((resolve) => {
      let latest = before;
      const settle = (outcome: OrderOutcome) => {
        clearTimeout(timer);
        this.#takers.delete(taker);
        resolve(outcome);
      };
      const taker = (news: FromSeat) => {
        if (news.type === "given-up" && news.service === before.name) settle({ ok: false, text: news.text });
        if (news.type !== "services") return;
        latest = news.services.find(({ name }) => name === before.name) ?? latest;
        if (latest.owner !== before.owner && (latest.state === "home" || latest.state === "away"))
          settle({ ok: true, text: `${latest.name} is on ${latest.owner}` });
      };
      const timer = setTimeout(() => settle({ ok: false, text: unfinished(latest, before, deadlineMs) }), deadlineMs);
      this.#takers.add(taker);
    });
  }
}

function unfinished({ name, owner, state, reason }: ServiceView, before: ServiceView, deadlineMs: number): string {
  const where = owner === before.owner ? `${name} stays on ${owner}` : `${name} went to ${owner}, where it is ${state}`;
  const why = reason === "" ? `nothing more was heard within ${Math.round(deadlineMs / 1_000)} s` : reason;
  return `${where}: ${why}`;
}
