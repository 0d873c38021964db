/** Which notice was told to which channel, by either hub: bounded, and merged in any order. */
import { z } from "zod";
import { WallMs } from "../hlc.ts";

/** Id of a notice, the channel, and when it was told, wall ms. */
export const Telling = z.tuple([z.string(), z.string(), WallMs]);
export type Telling = z.infer<typeof Telling>;

/** In a word to the peer, which a hub of an earlier version refuses beyond it; here, too, unless more are still needed. */
const maxTellings = 2_000;
/** Of what is needed: 500 notices that wait and 2,000 troubles that stand, at 20 channels. */
const mostNeeded = 50_000;
/** Are kept of the others, however many are needed. */
const leastOthers = 1_000;
/** What is needed is worked out once for so many that come. */
const spare = 200;
const maxWords = 300;
/** The peer is reminded of tellings for so long; one that was away for longer has its records of that time late, too. */
const wordsForMs = 24 * 3_600_000;

/** For the file. */
export const Tellings = z.array(Telling).max(2 * mostNeeded);

/** What a hub says to its peer: which channels it has, and what it told or knows to be told. */
export const NotifyWord = z.object({ channels: z.array(z.string()).max(100), told: z.array(Telling).max(maxTellings) });
export type NotifyWord = z.infer<typeof NotifyWord>;

/** Mutable. The oldest beyond the bound are forgotten, but for those that are still needed. */
export class Told {
  readonly #atMs = new Map<string, Telling>();
  /** With more than these some are forgotten. */
  #most = maxTellings;
  /** Where the next word goes on with those that it has no room for. */
  #next = 0;

  /** Ids of notices that stand, wait, or are followed by one that does. */
  readonly #needed: () => ReadonlySet<string>;

  constructor(tellings: readonly Telling[] = [], needed: () => ReadonlySet<string> = () => new Set()) {
    this.#needed = needed;
    this.merge(tellings);
  }

  has(id: string, channel: string): boolean {
    return this.#atMs.has(keyOf(id, channel));
  }

  /** Whether any channel was told it. */
  hasAny(id: string, channels: readonly string[]): boolean {
    return channels.some((channel) => this.has(id, channel));
  }

  add(id: string, channel: string, atMs: number): boolean {
    const key = keyOf(id, channel);
    if (this.#atMs.has(key)) return false;
    this.#atMs.set(key, [id, channel, atMs]);
    if (this.#atMs.size > this.#most) this.#forget();
    return true;
  }

  /** The oldest that nothing depends on; of the others only those beyond any bound, since what stands would be told again. */
  #forget(): void {
    const ids = this.#needed();
    const [needed, others]: [string[], string[]] = [[], []];
    for (const [key, [id]] of this.#atMs) (ids.has(id) ? needed : others).push(key);
    const room = Math.max(leastOthers, maxTellings - spare - needed.length);
    for (const key of [...others.slice(0, -room), ...needed.slice(0, -mostNeeded)]) this.#atMs.delete(key);
    this.#most = Math.max(maxTellings, this.#atMs.size + spare);
  }

  /** @returns whether any of it is new */
  merge(tellings: readonly Telling[]): boolean {
    return tellings.map((telling) => this.add(...telling)).some((isNew) => isNew);
  }

  /** What was told as `from` counts for `to` too. */
  rename(from: string, to: string): void {
    for (const [id, channel, atMs] of [...this.#atMs.values()]) if (id === from) this.add(to, channel, atMs);
  }

  dump(): Telling[] {
    return [...this.#atMs.values()];
  }

  /**
   * What is still needed, however old, and the newest beside it, for the peer. Of more than a word holds the newest are said each
   * time, and the others in turn.
   */
  words(nowMs: number): Telling[] {
    const needed = this.#needed();
    const all = this.dump();
    const recent = all.filter(([id, , atMs]) => !needed.has(id) && nowMs - atMs < wordsForMs);
    const said = new Set([...all.filter(([id]) => needed.has(id)), ...recent.slice(-maxWords)]);
    const words = all.filter((each) => said.has(each));
    if (words.length <= maxTellings) return words;
    const half = maxTellings / 2;
    const others = words.slice(0, -half);
    const from = this.#next % others.length;
    this.#next = from + half;
    return [...[...others, ...others].slice(from, from + half), ...words.slice(-half)];
  }
}

const keyOf = (id: string, channel: string) => `${channel} ${id}`;
