/**
 * A client that pushes one thing after the other, each to either hub, and writes down what it was told. It goes over to the
 * other hub when one refuses or says nothing, as a client with two addresses does.
 */
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../../../ops/chaos/random.ts";
import type { BareMachine, BarePair } from "../../support/bare-pair.ts";
import type { Outcome, PushLog } from "./push.ts";

export interface ClientOptions {
  index: number;
  pair: BarePair;
  random: Random;
  /** The next number of a push, unique in the run. */
  nextNumber(): number;
  log(push: PushLog): void;
}

/** Groups that one client writes alone, and those that all share, each with a metric of its own. */
const ownGroups = 3;
const sharedGroups = 3;
const ownMetrics = ["prove_a", "prove_b", "prove_c"];
const answerDeadlineMs = 1_500;
/**
 * Between two pushes of a client, ms. Writes of two hubs within one ms are ordered by the hubs' names, so that a client which
 * wants its own order pushes no faster than that.
 */
const shortestPauseMs = 3;
const longestPauseMs = 25;

type Plan = Pick<PushLog, "op" | "job" | "metrics">;
type Answer = Pick<PushLog, "outcome" | "reason">;

export class ProvingClient {
  readonly #options: ClientOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #at: BareMachine;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#at = options.random.pick(options.pair.both);
  }

  start(): void {
    this.#stopped = false;
    this.#running = this.#run();
  }

  /** Resolves when the last push is written down. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { random, pair } = this.#options;
    while (!this.#stopped) {
      if (random.chance(0.05)) this.#at = random.pick(pair.both);
      await this.#push(this.#plan());
      await pause(random.between(shortestPauseMs, longestPauseMs));
    }
    this.#agent.destroy();
  }

  #plan(): Plan {
    const { random, index } = this.#options;
    if (random.chance(0.3)) {
      return { op: "post", job: `prove_shared_${random.between(1, sharedGroups)}`, metrics: [`prove_by_${index}`] };
    }
    const job = `prove_client_${index}_${random.between(1, ownGroups)}`;
    const dice = random.next();
    if (dice < 0.1) return { op: "delete", job, metrics: [] };
    const metrics = ownMetrics.filter(() => random.chance(0.6));
    return { op: dice < 0.55 ? "put" : "post", job, metrics: metrics.length > 0 ? metrics : ["prove_a"] };
  }

  async #push(plan: Plan): Promise<void> {
    const { index, nextNumber, log, pair } = this.#options;
    const at = this.#at;
    const number = nextNumber();
    const sentAtMs = Date.now();
    const answer = await this.#send(at.hubUrl, plan, number);
    log({ number, client: index, hub: at.name, ...plan, sentAtMs, answeredAtMs: Date.now(), ...answer });
    if (answer.outcome === "peer" || answer.outcome === "local") return;
    this.#at = pair.machines[at.name === "mainpc" ? "pc2" : "mainpc"];
  }

  #send(base: string, { op, job, metrics }: Plan, number: number): Promise<Answer> {
    const body = metrics.map((name) => `# TYPE ${name} gauge\n${name} ${number}\n`).join("");
    const headers = { "content-type": "text/plain; version=0.0.4", "content-length": Buffer.byteLength(body) };
    return new Promise((resolve) => {
      let sent = false;
      const asked = request(
        `${base}/metrics/job/${job}`,
        { method: op.toUpperCase(), agent: this.#agent, headers },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (text += chunk));
          response.on("end", () =>
            resolve(read(response.statusCode ?? 0, response.headers["tandem-replication"], text)),
          );
          response.on("error", (error) => resolve({ outcome: "unknown", reason: error.message }));
        },
      );
      asked.setTimeout(answerDeadlineMs, () => asked.destroy(new Error(`no answer in ${answerDeadlineMs} ms`)));
      asked.once("socket", (socket) => {
        if (!socket.connecting) sent = true;
        else socket.once("connect", () => (sent = true));
      });
      asked.on("error", (error) => resolve({ outcome: sent ? "unknown" : "refused", reason: error.message }));
      asked.end(body);
    });
  }
}

/** What an answer says of the push; of a 503 only its words tell whether anything may have been stored. */
function read(status: number, replication: string | string[] | undefined, text: string): Answer {
  const outcome = outcomeOf(status, replication, text);
  return { outcome, reason: outcome === "peer" || outcome === "local" ? "" : `${status} ${text.trim()}` };
}

function outcomeOf(status: number, replication: string | string[] | undefined, text: string): Outcome {
  if (status === 200 || status === 202) return replication === "peer" ? "peer" : "local";
  if (status === 507 || (status >= 400 && status < 500)) return "refused";
  return status === 503 && text.startsWith("the push was not stored") ? "refused" : "unknown";
}
