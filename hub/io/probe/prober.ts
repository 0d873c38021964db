/** Keeps the agents of the watched machines under observation, each by its own kind of probe and at its own interval. */
import type { AgentConfig } from "../../config.ts";
import type { ProbeAnswer } from "../../core/agent-health.ts";
import { AgentWatch } from "./agent-watch.ts";
import { Gate } from "./gate.ts";

export interface ProberOptions {
  /** All machines' agents; which of them are probed is said by `watch`. */
  agents: readonly AgentConfig[];
  /** Called after every probe. */
  observe(agent: AgentConfig, answer: ProbeAnswer, atMs: number): void;
  /** Monotonic ms. */
  clock: () => number;
  /** At least 0, below 1. */
  random: () => number;
  /** Probes under way at once. @default 32 */
  maxInFlight?: number;
}

/** First probes of a machine are spread over this, or over the agent's interval when that is shorter, ms. */
const firstSpreadMs = 500;

export class Prober {
  readonly #options: ProberOptions;
  readonly #gate: Gate;
  readonly #watches = new Map<string, AgentWatch[]>();
  readonly #leaving = new Set<Promise<void>>();
  /** To be asked first, once their machine is watched. */
  readonly #hurried = new Set<string>();

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#gate = new Gate(options.maxInFlight ?? 32);
  }

  /** Starts to probe a machine's agents; no effect on a machine that is watched. */
  watch(machine: string): void {
    if (this.#watches.has(machine)) return;
    const { agents, observe, clock, random } = this.#options;
    const own = agents.filter((agent) => agent.machine === machine);
    const watches = own.map((agent) => new AgentWatch({ agent, gate: this.#gate, observe, clock, random }));
    this.#watches.set(machine, watches);
    for (const [index, watch] of watches.entries()) {
      const spreadMs = Math.min(own[index]?.intervalMs ?? firstSpreadMs, firstSpreadMs);
      watch.start((spreadMs * (index + random())) / watches.length);
      if (this.#hurried.delete(watch.id)) watch.hurry();
    }
  }

  /** Asks an agent at once, out of its turn; one that is not watched as soon as it is. */
  hurry(id: string): void {
    const found = [...this.#watches.values()].flat().find((watch) => watch.id === id);
    if (found === undefined) this.#hurried.add(id);
    else found.hurry();
  }

  /** Ends it; nothing of that machine is observed any more. */
  unwatch(machine: string): void {
    const watches = this.#watches.get(machine) ?? [];
    this.#watches.delete(machine);
    for (const watch of watches) {
      const left = watch.stop().finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
  }

  /** Ends all; resolves when no probe is under way. */
  async stop(): Promise<void> {
    for (const machine of [...this.#watches.keys()]) this.unwatch(machine);
    await Promise.all(this.#leaving);
  }
}
