/** Scrapes the agents of the watched machines, each at its own interval, onto the path of a push. */
import { type AgentConfig, agentId, type ScrapeConfig } from "../../config.ts";
import type { Candidate, CheckOutcome } from "../../core/fold/fold.ts";
import type { PushLimits } from "../../core/push-limits.ts";
import { readScrape, type ScrapeSource } from "../../core/scrape.ts";
import { ScrapeBook, type ScrapeOutcome } from "../../core/scrape-book.ts";
import type { AppendOutcome } from "../journal.ts";
import { type Log, messageOf } from "../log.ts";
import { Gate } from "../probe/gate.ts";
import { AgentScrape } from "./agent-scrape.ts";
import { fetchMetrics } from "./fetch-metrics.ts";

export interface ScraperOptions {
  /** All machines' agents; which of them are scraped is said by `watch`, those without `scrape` never are. */
  agents: readonly AgentConfig[];
  /** Whether a push keeps within the limits and fits what is stored. */
  check(push: Candidate): CheckOutcome;
  /** Those of `check`. */
  limits: PushLimits;
  append(push: Candidate): Promise<AppendOutcome>;
  /** Whether the hub takes pushes. */
  ready(): boolean;
  /** Whether the agent's metrics come by its own pushes. @default of none */
  pushesItself?(agent: AgentConfig): boolean;
  /** Largest answer of an agent, bytes, both as sent and after inflation. */
  maxBodyBytes: number;
  log: Log;
  /** Monotonic ms. */
  clock: () => number;
  /** At least 0, below 1. */
  random: () => number;
  /** Scrapes of one machine under way at once. @default 8 */
  maxInFlight?: number;
}

/** First scrapes of a machine are spread over this, or over the agent's interval when that is shorter, ms. */
const firstSpreadMs = 5_000;

export class Scraper {
  readonly book = new ScrapeBook();
  readonly #options: ScraperOptions;
  readonly #watches = new Map<string, { agent: AgentConfig; scrape: AgentScrape }[]>();
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  /** Starts to scrape a machine's agents; no effect on a machine that is watched. */
  watch(machine: string): void {
    if (this.#watches.has(machine)) return;
    const { agents, ready, clock, random, maxInFlight } = this.#options;
    // One machine whose agents all hang must not keep the other's waiting.
    const gate = new Gate(maxInFlight ?? 8);
    const watches = agents.flatMap((agent) => {
      const { scrape: config } = agent;
      if (agent.machine !== machine || config === undefined) return [];
      const scrape = new AgentScrape({ agent, config, gate, ready, scrape: this.#scrape, clock, random });
      return [{ agent, config, scrape }];
    });
    this.#watches.set(machine, watches);
    for (const [index, { config, scrape }] of watches.entries()) {
      const spreadMs = Math.min(config.intervalMs, firstSpreadMs);
      scrape.start((spreadMs * (index + random())) / watches.length);
    }
  }

  /** Ends it; what was known of that machine's scrapes is forgotten, since another hub knows better from now on. */
  unwatch(machine: string): void {
    const watches = this.#watches.get(machine) ?? [];
    this.#watches.delete(machine);
    for (const { agent, scrape } of watches) {
      this.book.forget(agentId(agent));
      const left = scrape.stop().finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
  }

  /** Ends all; resolves when no scrape is under way. */
  async stop(): Promise<void> {
    for (const machine of [...this.#watches.keys()]) this.unwatch(machine);
    await Promise.all(this.#leaving);
  }

  readonly #scrape = async (agent: AgentConfig, config: ScrapeConfig, signal: AbortSignal): Promise<void> => {
    const { clock, pushesItself } = this.#options;
    if (pushesItself?.(agent)) return this.book.forget(agentId(agent));
    const startedMs = clock();
    const outcome = await this.#outcomeOf(agent, config, signal).catch(
      (error: unknown): ScrapeOutcome => ({ ok: false, reason: messageOf(error) }),
    );
    if (signal.aborted) return;
    const endedMs = clock();
    if (this.book.observed(agentId(agent), outcome, endedMs, endedMs - startedMs)) this.#logTurn(agent, outcome);
  };

  async #outcomeOf(agent: AgentConfig, config: ScrapeConfig, signal: AbortSignal): Promise<ScrapeOutcome> {
    const { check, limits, append, maxBodyBytes, clock } = this.#options;
    const fetched = await fetchMetrics(config, { maxBodyBytes, clock, signal });
    if (fetched.type === "failed") return { ok: false, reason: fetched.reason };
    if (signal.aborted) return { ok: false, reason: "the machine is not watched any more" };
    const { port, intervalMs, deadlineMs } = config;
    const source: ScrapeSource = { agent: agent.name, machine: agent.machine, port, intervalMs, deadlineMs };
    const reading = readScrape(source, fetched.answer, check, limits);
    if (!reading.ok) return reading;
    const stored = await append(reading.push);
    if ("reason" in stored) return { ok: false, reason: `what came could not be stored: ${stored.reason}` };
    return { ok: true, samples: reading.samples };
  }

  /** Once a turn: an agent that never serves any metrics is one line, not four a minute. */
  #logTurn(agent: AgentConfig, outcome: ScrapeOutcome): void {
    const id = agentId(agent);
    if (outcome.ok) this.#options.log.info("scrape.well", { agent: id, samples: outcome.samples });
    else this.#options.log.info("scrape.failed", { agent: id, reason: outcome.reason });
  }
}
