/** Carries out what a reader does with the scrubber, and has older pages read until what it shows is known. */
import type { PageState } from "../state.ts";
import type { ScrubActions } from "../view/actions.ts";
import { knownFromMs, minuteMs, type Span, stepFrom, windowOf } from "./scrub.ts";

export interface ScrubberOptions {
  state(): PageState;
  set(state: PageState): void;
  /** Until when something was heard, wall ms by the hub's clock. */
  nowMs(): number;
  loadOlder(): Promise<void>;
}

export class Scrubber implements ScrubActions {
  readonly #options: ScrubberOptions;
  #isReaching = false;

  constructor(options: ScrubberOptions) {
    this.#options = options;
  }

  to(atMs: number): void {
    const { state, set, nowMs } = this.#options;
    const { sections, span, scrub } = state();
    if (sections.timeline === undefined) return;
    const { fromMs, toMs } = windowOf(sections.timeline, span, nowMs(), scrub);
    // The last minute is now: nobody can aim at less.
    if (atMs > toMs - minuteMs / 2) {
      this.now();
      return;
    }
    set({ ...state(), scrub: { atMs: Math.max(fromMs, atMs), toMs } });
    void this.reach();
  }

  by(step: number | "earlier" | "later"): void {
    const { state, nowMs, loadOlder } = this.#options;
    const { sections, scrub, kinds } = state();
    const atMs = scrub?.atMs ?? nowMs();
    if (typeof step === "number") {
      this.to(atMs + step);
      return;
    }
    const found = stepFrom(sections.timeline?.entries ?? [], atMs, step, kinds);
    if (found !== undefined) this.#show(found);
    else if (step === "later") this.now();
    else void loadOlder();
  }

  now(): void {
    const { state, set } = this.#options;
    if (state().scrub !== undefined) set({ ...state(), scrub: undefined });
  }

  span(span: Span): void {
    const { state, set } = this.#options;
    set({ ...state(), span });
    const { scrub } = state();
    if (scrub !== undefined) this.to(scrub.atMs);
  }

  /** Has older pages read until the moment that is shown is known, as far as they can be read. */
  async reach(): Promise<void> {
    if (this.#isReaching) return;
    this.#isReaching = true;
    for (let lastMs = Number.POSITIVE_INFINITY; ; ) {
      const { sections, scrub, older } = this.#options.state();
      if (sections.timeline === undefined || scrub === undefined || older === "none") break;
      const fromMs = knownFromMs(sections.timeline, older);
      // What could not be read is asked for again, but not at once.
      if (scrub.atMs >= fromMs || fromMs >= lastMs) break;
      lastMs = fromMs;
      await this.#options.loadOlder();
    }
    this.#isReaching = false;
  }

  /** A step by entry stands at the entry itself: one of the last half minute, too, and one that a day does not reach. */
  #show(atMs: number): void {
    const { state, set, nowMs } = this.#options;
    const { sections, span, scrub } = state();
    if (sections.timeline === undefined) return;
    const { fromMs, toMs } = windowOf(sections.timeline, span, nowMs(), scrub);
    if (atMs > toMs) {
      this.now();
      return;
    }
    if (atMs < fromMs) set({ ...state(), span: "week" });
    const wide = windowOf(sections.timeline, state().span, nowMs(), scrub);
    set({ ...state(), scrub: { atMs: Math.max(wide.fromMs, atMs), toMs } });
    void this.reach();
  }
}
