/** Takes, at each multiple of an interval, what a scrape of this hub would read, and lays it into the queue as requests that are ready to be sent. */
import { setImmediate } from "node:timers/promises";
import { compress } from "snappyjs";
import type { RequestKind } from "../core/remote-write/backlog.ts";
import { SeriesBook, type Source } from "../core/remote-write/series-book.ts";
import { type Sample, WriteRequest } from "../core/remote-write/write-request.ts";
import { type Log, messageOf } from "../io/log.ts";
import type { NewRequest } from "../io/remote-write/request-queue.ts";

/** What a scrape reads, in its two parts. */
export interface SampledTexts {
  own(): Promise<string>;
  fleet(): string;
}

export interface SamplerOptions {
  everyMs: number;
  /** Labels of every series that has none of the name. */
  target: Readonly<Record<string, string>>;
  texts: SampledTexts;
  /** Whether the peer's hub knows the same of the fleet now. */
  isShared(): boolean;
  append(requests: readonly NewRequest[]): Promise<void>;
  onAppended(): void;
  log: Log;
}

const samplesOfRequest = 2_000;
/** The loop is left to others after so long, ms. */
const workMs = 5;
/** The clock costs as much as a few samples. */
const samplesOfLook = 32;
const earlyMs = 5;
/** Prometheus and its like end a series by themselves that has had no sample for so long. */
const lookBackMs = 300_000;
/** A clock that was set back by less is waited for: stores refuse what is older than what they have. */
const setBackMs = 600_000;
/** Prometheus records it of whatever it scrapes, and alerts look at it. */
const upLine = "up 1\n";

export class Sampler {
  readonly #options: SamplerOptions;
  readonly #book: SeriesBook;
  readonly #request = new WriteRequest();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #busy: Promise<void> = Promise.resolve();
  #lastMs = Number.NEGATIVE_INFINITY;
  #sinceMs = 0;
  #complaint = "";
  #isSetBack = false;
  /** Of the first sampling that was not kept since one was, or of the start. */
  #unkeptSinceMs: number | undefined = performance.now();
  /** Samplings that could not be kept, since the start. */
  skipped = 0;
  /** Longest that it held the loop up in one piece, ms, and what all of it took; of the last sampling. */
  cost = { longestMs: 0, totalMs: 0, samples: 0 };

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#book = new SeriesBook({ target: options.target });
  }

  /** For how long no sampling was kept, ms; 0 when the last one was. */
  get unkeptForMs(): number {
    return this.#unkeptSinceMs === undefined ? 0 : performance.now() - this.#unkeptSinceMs;
  }

  start(): void {
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#busy;
  }

  #schedule(): void {
    if (this.#stopped) return;
    const { everyMs } = this.#options;
    const forMs = everyMs - (Date.now() % everyMs);
    this.#timer = setTimeout(() => {
      this.#busy = this.#sampleOnce().finally(() => this.#schedule());
    }, forMs);
  }

  async #sampleOnce(): Promise<void> {
    const { everyMs, append, onAppended, log } = this.#options;
    // A timer may fire a little before its time.
    const atMs = Math.floor((Date.now() + earlyMs) / everyMs) * everyMs;
    if (atMs === this.#lastMs) return;
    if (atMs < this.#lastMs && this.#lastMs - atMs < setBackMs) return this.#waitForClock(this.#lastMs - atMs);
    try {
      const requests = await this.#sample(atMs);
      await append(requests);
      this.#book.settle();
      this.#lastMs = atMs;
      this.#complaint = "";
      this.#unkeptSinceMs = undefined;
      this.#isSetBack = false;
      onAppended();
    } catch (error) {
      this.skipped++;
      this.#unkeptSinceMs ??= performance.now();
      // While nothing can be kept, series that come and go would be kept here.
      this.#book.settle(Math.ceil(lookBackMs / everyMs));
      const message = messageOf(error);
      if (message !== this.#complaint) log.error("remote_write.sampling_skipped", { error: message });
      this.#complaint = message;
    }
  }

  #waitForClock(behindMs: number): void {
    this.skipped++;
    if (!this.#isSetBack) this.#options.log.warn("remote_write.clock_set_back", { behindMs });
    this.#isSetBack = true;
  }

  async #sample(atMs: number): Promise<NewRequest[]> {
    const { texts, isShared } = this.#options;
    this.cost = { longestMs: 0, totalMs: 0, samples: 0 };
    this.#sinceMs = performance.now();
    this.#book.begin();
    // What one that failed has left.
    this.#request.take();
    const own = await texts.own();
    await this.#yield();
    const [isOfBoth, fleet] = [isShared(), texts.fleet()];
    await this.#yield();
    return [
      ...(await this.#requests(`${own}${upLine}`, "own", atMs, "own")),
      ...(await this.#requests(fleet, "fleet", atMs, isOfBoth ? "shared" : "apart")),
    ];
  }

  async #requests(text: string, source: Source, atMs: number, kind: RequestKind): Promise<NewRequest[]> {
    const requests: NewRequest[] = [];
    const finish = async () => {
      const { samples } = this.#request;
      if (samples === 0) return;
      const bytes = this.#request.take();
      await this.#yield();
      requests.push({ samples, atMs, kind, body: compress(bytes) });
      await this.#yield();
    };
    let look = 0;
    for (const sample of this.#all(text, source, atMs)) {
      this.#request.add(sample);
      this.cost.samples++;
      if (this.#request.samples >= samplesOfRequest) await finish();
      else if (++look % samplesOfLook === 0 && performance.now() - this.#sinceMs > workMs) await this.#yield();
    }
    await finish();
    return requests;
  }

  *#all(text: string, source: Source, atMs: number): Generator<Sample> {
    yield* this.#book.samples(text, source, atMs);
    yield* this.#book.gone(source, atMs);
  }

  async #yield(): Promise<void> {
    const tookMs = performance.now() - this.#sinceMs;
    this.cost.longestMs = Math.max(this.cost.longestMs, tookMs);
    this.cost.totalMs += tookMs;
    await setImmediate();
    this.#sinceMs = performance.now();
  }
}
