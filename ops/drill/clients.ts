/** Clients of a pair in use, as agents are: numbered pushes that are tried until they are taken, and questions at a steady pace. */
import { setTimeout as sleep } from "node:timers/promises";
import { expiryHeader } from "../../hub/http/push-expiry.ts";
import { monoMs } from "../../hub/io/mono-clock.ts";
import { ask } from "../client/hub-client.ts";
import { ShownToken } from "../site/push-token.ts";

const everyMs = 100;
const tryMs = 1_000;
/** The end of a drill waits so long for the copies of the last pushes, ms. */
const settleMs = 20_000;
/** The group of a drill that died goes by itself then; one that lives pushes far more often, s. */
const expiresAfterSeconds = 600;

/** One that pushes to its own hub first, and to the other one while that does not answer. */
export class DrillClient {
  readonly name: string;
  readonly #targets: readonly string[];
  readonly #stop = new AbortController();
  readonly #token = new ShownToken();
  readonly #running: Promise<void>;
  /** When each try without an answer from any hub began and ended, shared monotonic ms. */
  readonly #outages: { fromMs: number; toMs: number }[] = [];
  acknowledged = 0;

  /** Begins at once. @param hubs base URLs, its own first @throws OperatorError when the token that it shows cannot be read */
  /** @throws OperatorError when the file of its token cannot be read at first */
  constructor(name: string, hubs: readonly string[]) {
    this.#token.headers();
    this.name = name;
    this.#targets = hubs;
    this.#running = this.#run();
  }

  /** Longest time without an answer since then, ms. */
  longestOutageMs(sinceMs: number): number {
    return Math.round(Math.max(0, ...this.#outages.map(({ fromMs, toMs }) => (toMs >= sinceMs ? toMs - fromMs : 0))));
  }

  /** Takes its group away at the end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    for (const hub of this.#targets) {
      const signal = AbortSignal.timeout(tryMs);
      const answer = await fetch(this.#groupAt(hub), {
        method: "DELETE",
        headers: this.#token.headers(),
        signal,
      }).catch(() => undefined);
      if (answer?.ok) return;
    }
  }

  async #run(): Promise<void> {
    for (let seq = 1; !this.#stop.signal.aborted; seq++) {
      const dueMs = monoMs();
      const isTaken = await this.#push(seq);
      const tookMs = monoMs() - dueMs;
      // An outage that outlasts the drill is one.
      if (!isTaken) return void this.#outages.push({ fromMs: dueMs, toMs: monoMs() });
      this.acknowledged = seq;
      // What an answer takes on a busy day is no outage.
      if (tookMs > everyMs) this.#outages.push({ fromMs: dueMs, toMs: monoMs() });
      await sleep(Math.max(0, everyMs - tookMs), undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** @returns whether it was taken: only an end of the drill keeps it from that */
  async #push(seq: number): Promise<boolean> {
    const headers = {
      "tandem-client": this.name,
      "tandem-seq": String(seq),
      [expiryHeader]: String(expiresAfterSeconds),
      ...this.#token.headers(),
    };
    const body = `# TYPE drill_pushed gauge\ndrill_pushed ${seq}\n`;
    for (let tried = 0; ; tried++) {
      const hub = this.#targets[tried % this.#targets.length] ?? "";
      const signal = AbortSignal.timeout(tryMs);
      const answer = await fetch(this.#groupAt(hub), { method: "PUT", headers, body, signal }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => {});
      if (answer?.ok) return true;
      if (this.#stop.signal.aborted) return false;
      await sleep(Math.min(everyMs, 20 * (tried + 1)));
    }
  }

  #groupAt(hub: string): string {
    return `${hub}/metrics/job/${encodeURIComponent(this.name)}`;
  }
}

/**
 * Of what the client was told is stored, how much a hub does not hold; as the hubs count it, once all copies are made. Undefined where no hub
 * tells of this client.
 */
export async function lostOf(
  client: Pick<DrillClient, "name" | "acknowledged">,
  hubs: readonly string[],
): Promise<number | undefined> {
  const endMs = performance.now() + settleMs;
  for (;;) {
    const ledgers = await Promise.all(hubs.map((hub) => ask(hub, "getLedger", {})));
    const lost = ledgers.flatMap((ledger) => {
      const line = ledger?.clients.find((one) => one.client === client.name);
      return line === undefined ? [] : [line.missing + Math.max(0, client.acknowledged - line.highest)];
    });
    const isTold = lost.length === hubs.length;
    if ((isTold && Math.max(...lost) === 0) || performance.now() > endMs)
      return lost.length === 0 ? undefined : Math.max(...lost);
    await sleep(everyMs);
  }
}
