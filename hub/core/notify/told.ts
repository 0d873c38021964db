/** Which notice was told to which channel, by either hub: bounded, and merged in any order. */
import { z } from "zod";
import { WallMs } from "../hlc.ts";

/** Id of a notice, the channel, and when it was told, wall ms. */
export const Telling = z.tuple([z.string(), z.string(), WallMs]);
export type Telling = z.infer<typeof Telling>;

const maxTellings = 2_000;
const maxWords = 300;
/** The peer is reminded of tellings for so long; one that was away for longer has its records of that time late, too. */
const wordsForMs = 24 * 3_600_000;

/** For the peer, and for the file. */
export const Tellings = z.array(Telling).max(maxTellings);

/** What a hub says to its peer: which channels it has, and what it told or knows to be told. */
export const NotifyWord = z.object({ channels: z.array(z.string()).max(100), told: Tellings });
export type NotifyWord = z.infer<typeof NotifyWord>;

/** Mutable. The oldest beyond the bound are forgotten, but for those that are still needed. */
export class Told {
  readonly #atMs = new Map<string, Telling>();

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
    if (this.#atMs.size > maxTellings) this.#forget();
    return true;
  }

  /** The oldest that nothing depends on; else the oldest. */
  #forget(): void {
    const needed = this.#needed();
    const oldest = [...this.#atMs].find(([, [id]]) => !needed.has(id)) ?? [...this.#atMs][0];
    if (oldest !== undefined) this.#atMs.delete(oldest[0]);
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

  /** What is still needed, however old, and the newest beside it, for the peer. */
  words(nowMs: number): Telling[] {
    const needed = this.#needed();
    const all = this.dump();
    const recent = all.filter(([id, , atMs]) => !needed.has(id) && nowMs - atMs < wordsForMs);
    const said = new Set([...all.filter(([id]) => needed.has(id)), ...recent.slice(-maxWords)]);
    return all.filter((each) => said.has(each)).slice(-maxTellings);
  }
}

const keyOf = (id: string, channel: string) => `${channel} ${id}`;
