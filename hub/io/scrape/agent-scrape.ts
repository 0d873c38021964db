/** Scrapes one agent again and again at its interval, whether it answers or not. */
import type { AgentConfig, ScrapeConfig } from "../../config.ts";
import type { Gate } from "../probe/gate.ts";

export interface AgentScrapeOptions {
  agent: AgentConfig;
  config: ScrapeConfig;
  gate: Gate;
  /** False while what is scraped could not be stored; then nobody is asked. */
  ready(): boolean;
  /** One scrape, which observes its own outcome. Never rejects. */
  scrape(agent: AgentConfig, config: ScrapeConfig, signal: AbortSignal): Promise<void>;
  clock: () => number;
  random: () => number;
}

/** Between two looks whether scrapes can be stored, ms. */
const lookAgainMs = 500;
/** Longest beat, ms; a tenth of the interval where that is shorter. */
const maxBeatMs = 1_000;

export class AgentScrape {
  readonly #options: AgentScrapeOptions;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** The round under way. Rounds never overlap: the next one is scheduled by the end of this one. */
  #round: Promise<void> | undefined;

  constructor(options: AgentScrapeOptions) {
    this.#options = options;
  }

  /**
   * All agents' scrapes begin on one beat: several at a time cost a third of what each does alone, as the hub wakes up once, and
   * what they bring travels in one message.
   */
  start(afterMs: number): void {
    const { clock, config } = this.#options;
    const beatMs = Math.min(maxBeatMs, config.intervalMs / 10);
    const nowMs = clock();
    const dueMs = Math.round((nowMs + afterMs) / beatMs) * beatMs;
    this.#timer = setTimeout(
      () => {
        this.#round = this.#run();
      },
      Math.max(1, dueMs - nowMs),
    );
  }

  /** Ends the scrape under way too; resolves when it has. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #run(): Promise<void> {
    const { agent, config, gate, ready, scrape, clock, random } = this.#options;
    const { signal } = this.#stop;
    if (!ready()) {
      this.start(lookAgainMs);
      return;
    }
    await gate.enter();
    const startedMs = clock();
    try {
      if (!signal.aborted) await scrape(agent, config, signal);
    } finally {
      gate.leave();
    }
    const jitter = 0.9 + 0.2 * random();
    if (!signal.aborted) this.start(config.intervalMs * jitter - (clock() - startedMs));
  }
}
