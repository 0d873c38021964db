/** Pushes each agent's metrics to its home hub, and to the peer's hub when the home hub does not take them. */
import { Agent as HttpAgent } from "node:http";
import { Pushgateway } from "prom-client";
import { messageOf } from "../../../hub/io/log.ts";
import type { Agent } from "./agent.ts";

export interface PushCounts {
  /** Pushes that a hub took. */
  sent: number;
  /** Of these, those that the peer's hub took. */
  viaPeer: number;
  /** Pushes that no hub took. */
  failed: number;
}

export interface PusherOptions {
  agents: readonly Agent[];
  machine: string;
  /** Base URLs, the home hub's first. */
  hubs: readonly string[];
  intervalMs: number;
  /** Called when pushes take another way than before; `hub` undefined: no hub took it, `why` says what the last one said. */
  wayChanged(hub: string | undefined, why: string): void;
}

/** For one push to one hub, ms: half of the default interval at most, so that both hubs fit into it. */
const pushDeadlineMs = 2_000;

export class Pusher {
  readonly #options: PusherOptions;
  readonly #counts = new Map<Agent, PushCounts>();
  readonly #timers = new Map<Agent, NodeJS.Timeout>();
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 4 });
  readonly #stop = new AbortController();
  #way: string | undefined;
  #tried = false;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  /** The agents' first pushes are spread over one interval. */
  start(): void {
    const { agents, hubs, intervalMs } = this.#options;
    if (hubs.length === 0) return;
    for (const [index, agent] of agents.entries()) this.#schedule(agent, (intervalMs * index) / agents.length);
  }

  stop(): void {
    this.#stop.abort(new Error("the agents are stopping"));
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#http.destroy();
  }

  countsOf(agent: Agent): PushCounts {
    return this.#counts.get(agent) ?? { sent: 0, viaPeer: 0, failed: 0 };
  }

  #schedule(agent: Agent, afterMs: number): void {
    const dueMs = performance.now() + afterMs;
    const round = async () => {
      if (agent.fault.kind !== "crashed" && agent.fault.kind !== "hung") await this.#push(agent);
      if (this.#stop.signal.aborted) return;
      // Counted from when it was due, so that the spread survives slow hubs.
      const nextMs = dueMs + this.#options.intervalMs - performance.now();
      this.#schedule(agent, Math.max(0, nextMs));
    };
    this.#timers.set(agent, setTimeout(round, afterMs));
  }

  async #push(agent: Agent): Promise<void> {
    const { hubs } = this.#options;
    const counts = this.countsOf(agent);
    let why = "";
    for (const hub of hubs) {
      try {
        await this.#pushTo(hub, agent);
        this.#counts.set(agent, {
          ...counts,
          sent: counts.sent + 1,
          viaPeer: counts.viaPeer + (hub === hubs[0] ? 0 : 1),
        });
        return this.#went(hub, why);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        why = `${hub}: ${messageOf(error)}`;
      }
    }
    this.#counts.set(agent, { ...counts, failed: counts.failed + 1 });
    this.#went(undefined, why);
  }

  async #pushTo(hub: string, agent: Agent): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(pushDeadlineMs)]);
    // The client waits for ever for an answer that breaks off in its middle: the signal must end the wait too.
    const ended = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const client = new Pushgateway(hub, { agent: this.#http, signal }, agent.metrics.registry);
    const groupings = { machine: this.#options.machine };
    await Promise.race([client.push({ jobName: agent.config.name, groupings }), ended]);
  }

  #went(hub: string | undefined, why: string): void {
    if (this.#tried && this.#way === hub) return;
    const first = !this.#tried;
    this.#tried = true;
    this.#way = hub;
    // The home hub at the first try is what everyone expects.
    if (!first || hub !== this.#options.hubs[0]) this.#options.wayChanged(hub, why);
  }
}
