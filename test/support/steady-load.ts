/** Requests at a steady rate, counted by the client itself: what a user would see fail. */
import { Agent, request } from "node:http";
import { request as requestByTls, Agent as TlsAgent } from "node:https";

export interface SteadyLoadOptions {
  everyMs: number;
  /** Whether connections are kept between requests; else each has one of its own. */
  keepAlive: boolean;
  /** PEM of the CA of a hub that is asked by TLS. */
  ca?: string;
}

interface Asked {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
}

const deadlineMs = 15_000;

export class SteadyLoad {
  readonly failures: string[] = [];
  answered = 0;
  longestMs = 0;
  readonly #agent: Agent;
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #seq = 0;

  constructor(asked: (seq: number) => Asked, { everyMs, keepAlive, ca }: SteadyLoadOptions) {
    const options = { keepAlive, maxSockets: 64 };
    this.#agent = ca === undefined ? new Agent(options) : new TlsAgent({ ...options, ca });
    this.#timer = setInterval(() => {
      const seq = ++this.#seq;
      const one: Promise<void> = this.#count(seq, asked(seq)).finally(() => this.#underWay.delete(one));
      this.#underWay.add(one);
    }, everyMs);
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

  async #count(seq: number, asked: Asked): Promise<void> {
    const startedMs = performance.now();
    const failure = await this.#ask(asked);
    this.longestMs = Math.max(this.longestMs, performance.now() - startedMs);
    if (failure === undefined) this.answered++;
    else this.failures.push(`${seq}: ${failure}`);
  }

  /** Undefined when it was answered with 200. */
  #ask({ url, method, headers, body }: Asked): Promise<string | undefined> {
    return new Promise((resolve) => {
      const options = {
        method,
        agent: this.#agent,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        timeout: deadlineMs,
      };
      const by = url.startsWith("https:") ? requestByTls : request;
      const asked = by(url, options, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.once("error", (error) => resolve(error.message));
        answer.once("end", () =>
          resolve(answer.statusCode === 200 ? undefined : `${answer.statusCode} ${text.trim()}`),
        );
      });
      asked.once("timeout", () => asked.destroy(new Error("no answer in time")));
      asked.once("error", (error) => resolve(error.message));
      asked.end(body);
    });
  }
}

/** @param client `Tandem-Client`, by which the hubs' ledger counts, and the job of its group */
export function steadyPushes(hub: string, client: string, options: SteadyLoadOptions): SteadyLoad {
  const asked = (seq: number) => ({
    url: `${hub}/metrics/job/${client}`,
    method: "PUT",
    headers: { "tandem-client": client, "tandem-seq": String(seq) },
    body: `steady_pushes ${seq}\n`,
  });
  return new SteadyLoad(asked, options);
}

export function steadyRequests(url: string, options: SteadyLoadOptions): SteadyLoad {
  return new SteadyLoad(() => ({ url, method: "GET", headers: {}, body: "" }), options);
}
