/**
 * Asks agents for their health and fetches their metrics: of this hub's own always, of the peer's while the peer's hub is dead. Their
 * health is asked for from the first suspicion on, so that it is known how they are when the verdict comes.
 */
import type { AgentConfig, HubConfig } from "./config.ts";
import type { ProbeAnswer } from "./core/agent-health.ts";
import { homeHubOf, machinesOf } from "./core/home-hub.ts";
import type { ScrapeBook } from "./core/scrape-book.ts";
import type { Verdict } from "./core/verdict.ts";
import { Prober } from "./io/probe/prober.ts";
import { Scraper, type ScraperOptions } from "./io/scrape/scraper.ts";
import { atServicePace } from "./service-pace.ts";

export interface FleetRoundOptions extends Omit<ScraperOptions, "agents" | "maxBodyBytes" | "limits" | "random"> {
  config: HubConfig;
  /** Called after every probe. */
  observe(agent: AgentConfig, answer: ProbeAnswer, atMs: number): void;
}

export class FleetRound {
  readonly #config: HubConfig;
  readonly #prober: Prober;
  readonly #scraper: Scraper;

  constructor({ config, observe, ...scraping }: FleetRoundOptions) {
    this.#config = config;
    const { agents, maxBodyBytes, limits } = config;
    const random = Math.random;
    this.#prober = new Prober({ agents: atServicePace(agents, config), random, clock: scraping.clock, observe });
    this.#scraper = new Scraper({ agents, random, ...scraping, maxBodyBytes, limits });
  }

  get scrapes(): ScrapeBook {
    return this.#scraper.book;
  }

  /** Whether this hub is the agent's home. */
  isOwn(agent: AgentConfig): boolean {
    return homeHubOf(agent.machine, this.#config.satellites) === this.#config.machine.name;
  }

  /** Asks an agent for its health out of its turn. */
  probe(id: string): void {
    this.#prober.hurry(id);
  }

  /** Begins with the agents of which this hub is the home. */
  start(): void {
    this.#ask(this.#config.machine.name);
    this.#fetch(this.#config.machine.name);
  }

  /** A dead hub says nothing of its agents, which may live: they are asked from here. */
  onPeersHub(verdict: Verdict): void {
    const { peer } = this.#config;
    if (verdict === "suspect" || verdict === "dead") this.#ask(peer.name);
    else this.#end(peer.name);
    if (verdict === "dead") this.#fetch(peer.name);
  }

  /** Resolves when no probe is under way; a scrape may still wait for the store. */
  async stop(): Promise<{ scrapes: Promise<void> }> {
    const scrapes = this.#scraper.stop();
    await this.#prober.stop();
    return { scrapes };
  }

  #ask(homeHub: string): void {
    for (const machine of machinesOf(homeHub, this.#config.satellites)) this.#prober.watch(machine);
  }

  #fetch(homeHub: string): void {
    for (const machine of machinesOf(homeHub, this.#config.satellites)) this.#scraper.watch(machine);
  }

  #end(homeHub: string): void {
    for (const machine of machinesOf(homeHub, this.#config.satellites)) {
      this.#prober.unwatch(machine);
      this.#scraper.unwatch(machine);
    }
  }
}
