/**
 * Turns what a scrape of `/metrics` would read into samples, and knows the series from one sampling to the next: what is gone
 * gets a marker that says so. Labels are worked out once a series, so that a known one costs a look-up.
 */
import { parseNumber, parsePlainNumber } from "../exposition/number.ts";
import { parseExposition } from "../exposition/parse.ts";
import { encodeLabels, type Sample } from "./write-request.ts";

/** Whose series it is: what a hub tells of itself and of the pair, or what was pushed to and scraped for the fleet. */
export type Source = "own" | "fleet";

export interface SeriesLabels {
  /** Stand on series that have none of the name, as a scrape with `honor_labels` has it. @example { job: "hubs" } */
  target: Readonly<Record<string, string>>;
}

interface Series {
  source: Source;
  labels: Uint8Array;
  /** All labels in their order, as one text. */
  key: string;
  /** As lines of the text begin, the newest last. */
  spellings: string[];
  /** Sampling in which it was met last. */
  round: number;
}

/** Kept of one series, so that some that take turns are known, and one that never stops being spelled anew takes no more. */
const spellingsOfSeries = 4;

/** Mutable. */
export class SeriesBook {
  readonly #target: readonly (readonly [string, string])[];
  readonly #bySpelling = new Map<string, Series>();
  readonly #byKey = new Map<string, Series>();
  #round = 0;

  constructor({ target }: SeriesLabels) {
    this.#target = Object.entries(target);
  }

  /** Beginnings of lines that are known. */
  get spellings(): number {
    return this.#bySpelling.size;
  }

  /** Series that stand, or have gone since the last `settle`. */
  get size(): number {
    return this.#byKey.size;
  }

  /** A sampling begins. */
  begin(): void {
    this.#round++;
  }

  /** The samples of a text, one after another, at the cost of each as it is asked for. Of a series that comes twice the first counts. */
  *samples(text: string, source: Source, atMs: number): Generator<Sample> {
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      const sample =
        end > start && text[start] !== "#" ? this.#sample(text.slice(start, end), source, atMs) : undefined;
      if (sample !== undefined) yield sample;
      start = end + 1;
    }
  }

  /** Ends of the series that this sampling has not met, which stay known until `settle`. */
  *gone(source: Source, atMs: number): Generator<Sample> {
    for (const series of this.#byKey.values())
      if (series.round !== this.#round && series.source === source)
        yield { labels: series.labels, value: "stale", atMs };
  }

  /**
   * The sampling is kept, so what was gone is forgotten. Without it, the next one says once more that it is.
   *
   * @param samplings for how many what is gone stays known @default 0
   */
  settle(samplings = 0): void {
    for (const series of this.#byKey.values()) {
      if (series.round >= this.#round - samplings) continue;
      this.#byKey.delete(series.key);
      for (const spelling of series.spellings) this.#bySpelling.delete(spelling);
    }
  }

  #sample(line: string, source: Source, atMs: number): Sample | undefined {
    // A label's value may hold anything, but behind the last brace there is no label.
    const braceEnd = line.lastIndexOf("}") + 1;
    const nameEnd = braceEnd > 0 ? braceEnd : line.indexOf(" ");
    if (nameEnd <= 0) return undefined;
    const valueStart = line.charCodeAt(nameEnd) === space ? nameEnd + 1 : nameEnd;
    const valueEnd = line.indexOf(" ", valueStart);
    const end = valueEnd < 0 ? line.length : valueEnd;
    const value = parsePlainNumber(line, valueStart, end) ?? parseNumber(line.slice(valueStart, end));
    const time = valueEnd < 0 ? atMs : Number(line.slice(valueEnd + 1));
    if (value === undefined || !Number.isSafeInteger(time)) return undefined;
    const spelling = line.slice(0, nameEnd);
    const series = this.#bySpelling.get(spelling) ?? this.#meet(spelling, source);
    if (series === undefined || series.round === this.#round) return undefined;
    series.round = this.#round;
    return { labels: series.labels, value, atMs: time };
  }

  #meet(spelling: string, source: Source): Series | undefined {
    const parsed = parseExposition(`${spelling} 0\n`);
    const family = parsed.ok ? parsed.families[0] : undefined;
    if (family === undefined) return undefined;
    const labels = new Map([...this.#target, ...pairs(family.metrics[0]?.labels ?? []), ["__name__", family.name]]);
    // An empty label is none, but keeps the target's away.
    const standing = [...labels].filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify(standing);
    const known = this.#byKey.get(key);
    // A slice would keep the whole text that it is of in memory.
    const own = Buffer.from(spelling).toString();
    const series = known ?? { source, labels: encodeLabels(standing), key, spellings: [], round: 0 };
    series.spellings.push(own);
    if (series.spellings.length > spellingsOfSeries) this.#bySpelling.delete(series.spellings.shift() ?? "");
    this.#byKey.set(key, series);
    this.#bySpelling.set(own, series);
    return series;
  }
}

const space = 32;

function* pairs(labels: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i < labels.length; i += 2) yield [labels[i] ?? "", labels[i + 1] ?? ""];
}
