/** Pushes at a steady rate, numbered for the hub's ledger and counted by the client itself: what a user would see fail. */
import { Agent, request } from "node:http";

export interface SteadyPushesOptions {
  hub: string;
  /** `Tandem-Client`, and the job of its group. */
  client: string;
  everyMs: number;
  /** Whether connections are kept between pushes; else each has one of its own. */
  keepAlive: boolean;
}

const deadlineMs = 15_000;

export class SteadyPushes {
  readonly failures: string[] = [];
  acknowledged = 0;
  longestMs = 0;
  readonly #options: SteadyPushesOptions;
  readonly #agent: Agent;
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #seq = 0;

  constructor(options: SteadyPushesOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: options.keepAlive, maxSockets: 64 });
    this.#timer = setInterval(() => {
      const push: Promise<void> = this.#push(++this.#seq).finally(() => this.#underWay.delete(push));
      this.#underWay.add(push);
    }, options.everyMs);
  }

  get sent(): number {
    return this.#seq;
  }

  /** Resolves when the last one is answered, or has failed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  async #push(seq: number): Promise<void> {
    const startedMs = performance.now();
    const failure = await this.#ask(seq);
    this.longestMs = Math.max(this.longestMs, performance.now() - startedMs);
    if (failure === undefined) this.acknowledged++;
    else this.failures.push(`${seq}: ${failure}`);
  }

  /** Undefined when it was acknowledged. */
  #ask(seq: number): Promise<string | undefined> {
    const { hub, client } = this.#options;
    const body = `steady_pushes ${seq}\n`;
    return new Promise((resolve) => {
      const asked = request(
        `${hub}/metrics/job/${client}`,
        {
          method: "PUT",
          agent: this.#agent,
          headers: { "tandem-client": client, "tandem-seq": String(seq), "content-length": Buffer.byteLength(body) },
          timeout: deadlineMs,
        },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (part: string) => (text += part));
          answer.once("error", (error) => resolve(error.message));
          answer.once("end", () =>
            resolve(answer.statusCode === 200 ? undefined : `${answer.statusCode} ${text.trim()}`),
          );
        },
      );
      asked.once("timeout", () => asked.destroy(new Error("no answer in time")));
      asked.once("error", (error) => resolve(error.message));
      asked.end(body);
    });
  }
}
