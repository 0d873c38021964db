/** Reads the sections from the hub that feeds the page, each in its own rhythm; another hub is asked for all of them at once. */
import { wordsOf } from "./answers.ts";
import { ReadPace } from "./read-pace.ts";
import { type SectionName, type Sections, sources } from "./sections.ts";

export interface ReaderOptions {
  /** Address of the hub that feeds the page; undefined while none does. */
  hub(): string | undefined;
  /** Whether it is of use now: what nobody looks at is not read. */
  wanted(name: SectionName): boolean;
  /** @param askedAtMs an event that came since is newer than the answer, monotonic */
  onTold<Name extends SectionName>(name: Name, value: Sections[Name], askedAtMs: number): void;
  /** The hub answered, but does not tell it. @param known false: it knows no such thing */
  onRefused(name: SectionName, reason: string, known: boolean): void;
}

const tickMs = 250;
const deadlineMs = 5_000;
/** A hub that reads its records back tells soon; one that cannot be reached is noticed by the feed, ms. */
const retryMs = 2_000;
/** A hub that knows no such thing may be replaced by one that does, ms. */
const unknownEveryMs = 300_000;

export class Reader {
  readonly #options: ReaderOptions;
  /** Of the hub that is asked now: another one begins anew, and what the last one answers still is of no use. */
  #paces = newPaces();
  #hub: string | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    setInterval(() => this.#tick(), tickMs);
  }

  /** Before its time: now, or once it was read that is being read, and not more than once a second. */
  soon(name: SectionName): void {
    this.#paces.get(name)?.ask();
    this.#tick();
  }

  #tick(): void {
    const hub = this.#options.hub();
    if (hub === undefined) return;
    if (hub !== this.#hub) this.#paces = newPaces();
    this.#hub = hub;
    const now = performance.now();
    for (const [name, pace] of this.#paces) {
      if (!pace.isDue(now) || !this.#options.wanted(name)) continue;
      pace.begin(now, sources[name].everyMs);
      void this.#read(hub, name, now).then((pauseMs) =>
        pace.end(pauseMs === undefined ? undefined : performance.now() + pauseMs),
      );
    }
  }

  /** @returns after how long to ask again, where that is not as usual, ms */
  async #read(hub: string, name: SectionName, askedAtMs: number): Promise<number | undefined> {
    const paces = this.#paces;
    try {
      const answer = await fetch(`${hub}${sources[name].path}`, { signal: AbortSignal.timeout(deadlineMs) });
      const body = await answer.text();
      if (paces !== this.#paces) return undefined;
      if (answer.ok) {
        // Both hubs of a pair speak as the page's own hub does.
        this.#options.onTold(name, JSON.parse(body), askedAtMs);
        return undefined;
      }
      this.#options.onRefused(name, wordsOf(body), answer.status !== 404);
      return answer.status === 404 ? unknownEveryMs : retryMs;
    } catch {
      return retryMs;
    }
  }
}

const newPaces = (): Map<SectionName, ReadPace> =>
  new Map((Object.keys(sources) as SectionName[]).map((name) => [name, new ReadPace()])); // its own keys
