/** Reads the sections from the hub that feeds the page, each in its own rhythm; another hub is asked for all of them at once. */
import { wordsOf } from "./answers.ts";
import { type SectionName, type Sections, sources } from "./sections.ts";

export interface ReaderOptions {
  /** Address of the hub that feeds the page; undefined while none does. */
  hub(): string | undefined;
  /** Whether it is of use now: what nobody looks at is not read. */
  wanted(name: SectionName): boolean;
  onTold<Name extends SectionName>(name: Name, value: Sections[Name]): void;
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
  readonly #dueAtMs = new Map<SectionName, number>();
  #hub: string | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    setInterval(() => this.#tick(), tickMs);
  }

  /** Now instead of at its time. */
  soon(name: SectionName): void {
    this.#dueAtMs.delete(name);
    this.#tick();
  }

  #tick(): void {
    const hub = this.#options.hub();
    if (hub === undefined) return;
    if (hub !== this.#hub) this.#dueAtMs.clear();
    this.#hub = hub;
    const now = performance.now();
    for (const name of Object.keys(sources) as SectionName[]) {
      if ((this.#dueAtMs.get(name) ?? 0) > now || !this.#options.wanted(name)) continue;
      this.#dueAtMs.set(name, now + sources[name].everyMs);
      void this.#read(hub, name);
    }
  }

  async #read(hub: string, name: SectionName): Promise<void> {
    try {
      const answer = await fetch(`${hub}${sources[name].path}`, { signal: AbortSignal.timeout(deadlineMs) });
      if (hub !== this.#hub) return;
      // Both hubs of a pair speak as the page's own hub does.
      if (answer.ok) return this.#options.onTold(name, await answer.json());
      this.#options.onRefused(name, wordsOf(await answer.text()), answer.status !== 404);
      this.#next(name, answer.status === 404 ? unknownEveryMs : retryMs);
    } catch {
      this.#next(name, retryMs);
    }
  }

  #next(name: SectionName, afterMs: number): void {
    this.#dueAtMs.set(name, performance.now() + afterMs);
  }
}
