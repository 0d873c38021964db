/** Sends the pages the whole of something whenever it changed, at once and then not sooner than it may again. */
import type { HubEvent } from "./http/api.ts";
import type { EventFeed } from "./http/events.ts";

/** A move that follows right behind another change is on the pages well within 250 ms, ms. */
const everyMs = 50;

export class PacedEvent {
  readonly #feed: Pick<EventFeed, "listeners" | "send">;
  readonly #compose: () => HubEvent;
  #sent = "";
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;

  constructor(feed: Pick<EventFeed, "listeners" | "send">, compose: () => HubEvent) {
    this.#feed = feed;
    this.#compose = compose;
  }

  /** It may have changed. */
  mark(): void {
    this.#isDue = true;
    if (this.#timer === undefined) this.#send();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isDue = false;
  }

  #send(): void {
    this.#timer = undefined;
    if (!this.#isDue) return;
    this.#isDue = false;
    if (this.#feed.listeners === 0) {
      // Who listens next has asked for it, and knows nothing of what was sent before.
      this.#sent = "";
      return;
    }
    const event = this.#compose();
    const text = JSON.stringify(event);
    if (text !== this.#sent) this.#feed.send(event);
    this.#sent = text;
    this.#timer = setTimeout(() => this.#send(), everyMs);
  }
}
