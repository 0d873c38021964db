/** Where the charts of the last day go: their script is loaded, and their history read, once a reader comes near them. */
import type { HistoryView } from "../http/history-json.ts";
import type { Charts, drawCharts } from "./charts.ts";

const nearPx = 600;

export class ChartPlace {
  #place: HTMLElement | null = null;
  #near = false;
  #charts: Promise<Charts> | undefined;
  #shown: HistoryView | undefined;
  #markedMs: number | undefined;
  readonly #watch = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: `${nearPx}px` });

  /** Whether a reader has come near. */
  get near(): boolean {
    return this.#near;
  }

  /** The page's drawing hands its place over, and takes it away with null. */
  take(place: HTMLElement | null): void {
    if (place === this.#place) return;
    this.#watch.disconnect();
    void this.#charts?.then((charts) => charts.end());
    this.#charts = undefined;
    this.#shown = undefined;
    this.#place = place;
    if (place !== null) this.#watch.observe(place);
  }

  show(history: HistoryView): void {
    if (this.#place === null || !this.#near || history === this.#shown) return;
    this.#shown = history;
    this.#charts ??= this.#load(this.#place);
    // A script that could not be loaded is asked for again with the next history.
    void this.#charts.then(
      (charts) => {
        charts.show(history);
        charts.mark(this.#markedMs);
      },
      () => (this.#charts = undefined),
    );
  }

  /** The moment that a reader looks at, wall ms; undefined for now. */
  mark(atMs: number | undefined): void {
    this.#markedMs = atMs;
    void this.#charts?.then(
      (charts) => charts.mark(atMs),
      () => undefined,
    );
  }

  async #load(place: HTMLElement): Promise<Charts> {
    // Beside the script that runs, whose version it shares.
    const address = new URL(import.meta.url);
    address.pathname = address.pathname.replace(/[^/]+$/, "charts.js");
    const charts: { drawCharts: typeof drawCharts } = await import(address.href);
    return charts.drawCharts(place);
  }

  #seen(entries: IntersectionObserverEntry[]): void {
    if (entries.some(({ isIntersecting }) => isIntersecting)) this.#near = true;
  }
}
