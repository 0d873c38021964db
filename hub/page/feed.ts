/**
 * Keeps the page fed by one hub: by the one that served it, or by the other while that is silent. A hub is left only
 * for one that has spoken, so that the page shows something at any time.
 */
import type { HubEvent } from "../http/api.ts";

export interface FeedOptions {
  /** Where the hubs answer, the one that served the page first. Asked each time, since the peer's address is news too. */
  hubs(): [home: string, peer: string | undefined];
  /** Whether the hub that feeds the page hears the one that served it. */
  isHomeHeard(): boolean;
  onEvent(event: HubEvent): void;
  /** From now on this hub feeds the page, again or for the first time; what it told before that is not known. */
  onAdopted(): void;
}

const types: readonly HubEvent["type"][] = [
  "fleet",
  "health",
  "machine",
  "satellite",
  "sync",
  "moved",
  "services",
  "alerts",
  "timeline",
];
const tickMs = 250;
/** A hub speaks each second; one that is silent this long is left, ms. */
const silentMs = 3_000;
/** Between attempts while no hub answers: doubled each time, ms. */
const firstPauseMs = 250;
const longestPauseMs = 4_000;
/** Between attempts to go home while the peer feeds the page, ms. */
const homePauseMs = 5_000;

interface Source {
  hub: string;
  events: EventSource;
  heardAtMs: number;
  /** Types of events that came from it. */
  heard: Set<HubEvent["type"]>;
}

export class Feed {
  readonly #options: FeedOptions;
  #current: Source | undefined;
  #candidate: Source | undefined;
  #lastTried: string | undefined;
  #failures = 0;
  #nextTryAtMs = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#open(options.hubs()[0]);
    setInterval(() => this.#tick(), tickMs);
  }

  /** Address of the hub that feeds the page; undefined while none does. */
  get hub(): string | undefined {
    return this.#current?.hub;
  }

  /** Whether the hub that feeds the page has told of it by an event; one of another version may never do so. */
  tells(type: HubEvent["type"]): boolean {
    return this.#current?.heard.has(type) ?? false;
  }

  #tick(): void {
    const now = performance.now();
    for (const source of [this.#current, this.#candidate])
      if (source !== undefined && now - source.heardAtMs > silentMs) this.#lose(source);
    if (this.#candidate !== undefined || now < this.#nextTryAtMs) return;
    const [home] = this.#options.hubs();
    if (this.#current === undefined) this.#open(this.#nextHub());
    else if (this.#current.hub !== home && this.#options.isHomeHeard()) this.#open(home);
  }

  #open(hub: string): void {
    const events = new EventSource(`${hub}/api/v1/events`);
    const source: Source = { hub, events, heardAtMs: performance.now(), heard: new Set() };
    this.#candidate = source;
    this.#lastTried = hub;
    for (const type of types) {
      events.addEventListener(type, ({ data }: MessageEvent<string>) => {
        source.heardAtMs = performance.now();
        source.heard.add(type);
        if (source !== this.#current) this.#adopt(source);
        this.#options.onEvent(JSON.parse(data) as HubEvent); // both hubs of a pair speak as the page's own hub does
      });
    }
    events.onerror = () => this.#lose(source);
  }

  #adopt(source: Source): void {
    this.#current?.events.close();
    this.#current = source;
    this.#candidate = undefined;
    this.#failures = 0;
    this.#nextTryAtMs = performance.now() + homePauseMs;
    this.#options.onAdopted();
  }

  #lose(source: Source): void {
    source.events.close();
    const wasCurrent = source === this.#current;
    if (wasCurrent) this.#current = undefined;
    else if (source === this.#candidate) this.#candidate = undefined;
    else return;
    const now = performance.now();
    if (wasCurrent) {
      // The other hub is asked at once: a reader should not see the gap.
      this.#lastTried = source.hub;
      this.#nextTryAtMs = now;
      if (this.#candidate === undefined) this.#open(this.#nextHub());
    } else if (this.#current !== undefined) this.#nextTryAtMs = now + homePauseMs;
    else this.#nextTryAtMs = now + Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++);
  }

  #nextHub(): string {
    const [home, peer = home] = this.#options.hubs();
    return this.#lastTried === home ? peer : home;
  }
}
