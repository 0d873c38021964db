/** Probes one agent again and again: at its interval while it answers, sooner when it falls silent or hangs up. */
import { type AgentConfig, agentId } from "../../config.ts";
import type { ProbeAnswer } from "../../core/agent-health.ts";
import { messageOf } from "../log.ts";
import type { Gate } from "./gate.ts";
import { createProbe, type Probe } from "./probe.ts";

export interface AgentWatchOptions {
  agent: AgentConfig;
  gate: Gate;
  observe(agent: AgentConfig, answer: ProbeAnswer, atMs: number): void;
  clock: () => number;
  random: () => number;
}

/** Between a failed probe and the next, ms; doubles with each further failure up to the agent's interval. */
const retryAfterMs = 250;

export class AgentWatch {
  readonly #options: AgentWatchOptions;
  readonly #probe: Probe;
  #timer: NodeJS.Timeout | undefined;
  /** The round under way. Rounds never overlap: the next one is scheduled by the end of this one. */
  #round: Promise<void> | undefined;
  #failures = 0;
  #hurried = false;
  #stopped = false;

  constructor(options: AgentWatchOptions) {
    this.#options = options;
    const { agent, clock } = options;
    this.#probe = createProbe(agent.probe, { deadlineMs: agent.deadlineMs, clock, onIdleClose: () => this.hurry() });
  }

  get id(): string {
    return agentId(this.#options.agent);
  }

  start(afterMs: number): void {
    this.#schedule(afterMs);
  }

  /** Nothing is observed any more once it was called; resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#probe.close();
    await this.#round;
  }

  #schedule(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#hurried = false;
      this.#begin(this.#options.gate);
    }, afterMs);
  }

  /**
   * Asks at once and without waiting for others, unless it is being asked. A server that hangs up on every idle client costs one
   * probe more an interval, not an endless chase.
   */
  hurry(): void {
    if (this.#stopped || this.#hurried || this.#round !== undefined) return;
    this.#hurried = true;
    clearTimeout(this.#timer);
    this.#begin();
  }

  #begin(gate?: Gate): void {
    this.#round = this.#run(gate).finally(() => {
      this.#round = undefined;
    });
  }

  async #run(gate: Gate | undefined): Promise<void> {
    const { agent, observe, clock } = this.#options;
    await gate?.enter();
    const startedMs = clock();
    try {
      if (this.#stopped) return;
      const answer = await this.#ask();
      if (this.#stopped) return;
      const failed = answer.type === "refused" || answer.type === "timeout";
      this.#failures = failed ? this.#failures + 1 : 0;
      observe(agent, answer, clock());
    } finally {
      gate?.leave();
      if (!this.#stopped) this.#schedule(this.#waitMs(clock() - startedMs));
    }
  }

  /** What an agent says must not end the hub, whatever it is. */
  async #ask(): Promise<ProbeAnswer> {
    try {
      return await this.#probe.ask();
    } catch (error) {
      return { type: "malformed", reason: `its answer could not be read: ${messageOf(error)}` };
    }
  }

  #waitMs(spentMs: number): number {
    const { intervalMs } = this.#options.agent;
    const jitter = 0.9 + 0.2 * this.#options.random();
    if (this.#failures === 0) return Math.max(1, intervalMs * jitter - spentMs);
    return Math.min(intervalMs, retryAfterMs * 2 ** (this.#failures - 1)) * jitter;
  }
}
