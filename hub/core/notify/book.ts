/** What one hub has still to tell to which channel: notices of the records, held while somebody silenced them, ticked off when either hub has told them. */
import { z } from "zod";
import { nextHlc } from "../hlc.ts";
import { EpisodeDumps, Episodes, type Noted, type NotedAlert } from "./episodes.ts";
import { isLoudEnough, type Loudness, Notice } from "./notice.ts";
import { type Telling, Tellings, Told } from "./told.ts";
import { contradictMs, mayBegin, type PeerSight } from "./turns.ts";

export interface BookChannel {
  name: string;
  atLeast: Loudness;
}

export interface BookOptions {
  self: string;
  machines: readonly [string, string];
  channels: readonly BookChannel[];
}

/** What is at a moment. */
export interface BookSight {
  /** Wall ms. */
  nowMs: number;
  /** Monotonic ms. */
  clockMs: number;
  peer: PeerSight;
  /** Whether somebody said that this is not to be heard: silenced, or in maintenance. */
  isQuiet(name: string, subject: string): boolean;
}

/** What outlives the process. */
export const BookDump = z.strictObject({
  v: z.literal(1),
  episodes: EpisodeDumps,
  notices: z.array(Notice),
  told: Tellings,
});
export type BookDump = z.infer<typeof BookDump>;

const maxNotices = 500;
/** What was over before a hub learned of it is told if it is no older, ms; nobody wants last week's. */
const recentMs = 3_600_000;
/** What is over and could not be told for so long is given up, ms. */
const giveUpMs = 24 * 3_600_000;

interface Entry {
  notice: Notice;
  /** Monotonic ms; undefined of what this hub itself has just stored. */
  learnedAtMs: number | undefined;
  /** Read back at this start, and not known by the file. */
  isFound: boolean;
  /** Of a record of the peer's, and not looked at yet: the end may be among those that come with it. */
  isHeard: boolean;
}

/** Mutable. */
export class NotifyBook {
  readonly #options: BookOptions;
  readonly #episodes: Episodes;
  readonly #told: Told;
  readonly #entries = new Map<string, Entry>();
  #dropped = 0;
  #revision = 0;

  /** @param clockMs monotonic: what the file says is learned now */
  constructor(options: BookOptions, dump: BookDump | undefined, clockMs: number) {
    this.#options = options;
    this.#episodes = new Episodes(dump?.episodes);
    for (const notice of dump?.notices ?? [])
      this.#entries.set(notice.id, { notice, learnedAtMs: clockMs, isFound: false, isHeard: false });
    // Last, since what was told is forgotten by what the rest needs.
    this.#told = new Told(dump?.told, () => this.#needed());
  }

  /** Notices that were given up because too many waited, or for too long, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Grows with whatever is worth keeping. */
  get revision(): number {
    return this.#revision;
  }

  /** @param how `made`: by this hub just now; `read`: back at its start @returns what is new to tell, and what is new at all */
  note(alert: NotedAlert, how: "made" | "heard" | "read", clockMs: number): Pick<Noted, "notice" | "raised"> {
    const { settled = [], notice, raised, renamed } = this.#episodes.note(alert);
    this.#revision++;
    if (how === "made" && alert.severity !== "resolved") this.#contradict(alert, clockMs);
    for (const each of settled) this.#add(each, clockMs, how === "read");
    if (renamed !== undefined) this.#rename(renamed);
    if (notice !== undefined) this.#add(notice, how === "made" ? undefined : clockMs, how === "read", how === "heard");
    return { ...(notice && { notice }), ...(raised && { raised }) };
  }

  /**
   * All records were read back: of what was over before, only the recent is told.
   *
   * @param isOpen by the records, which know better than a file that was written before the end was heard of
   */
  begin(nowMs: number, clockMs: number, isOpen: (name: string, subject: string) => boolean): void {
    for (const { name, subject, newest } of this.#episodes.open()) {
      if (isOpen(name, subject)) continue;
      const over = { at: nextHlc(newest, nowMs), severity: "resolved" as const, name, subject };
      this.note({ ...over, message: "it ended while this hub was away", origin: "" }, "heard", clockMs);
    }
    for (const [id, entry] of this.#entries) {
      const { notice, isFound } = entry;
      if (isFound && !this.#episodes.stands(notice) && nowMs - notice.atMs > recentMs) this.#entries.delete(id);
      entry.isFound = false;
    }
  }

  /** @returns notices that time alone made */
  tick({ nowMs, clockMs, isQuiet }: BookSight): Notice[] {
    const notices = this.#episodes.tick(nowMs);
    for (const notice of notices) this.#add(notice, clockMs, false);
    for (const [id, entry] of this.#entries) {
      const { notice, isHeard } = entry;
      entry.isHeard = false;
      const stands = this.#episodes.stands(notice);
      if (isHeard && !stands && notice.after === undefined && nowMs - notice.atMs > recentMs) {
        this.#remove(id, false);
        continue;
      }
      const quiet = notice.kind !== "resolved" && isQuiet(notice.name, notice.subject);
      // It may be told from the moment on at which the quiet ends.
      if (quiet && !this.#isToldAnywhere(notice)) notice.dueMs = nowMs;
      const isMissed = quiet && !stands && notice.after === undefined && !this.#isToldAnywhere(notice);
      const isLate = !stands && nowMs - notice.atMs > giveUpMs;
      if (isMissed || isLate || (!stands && this.#isDone(notice))) this.#remove(id, isLate && !this.#isDone(notice));
    }
    return notices;
  }

  /** What may be told to a channel now, what happened first first. */
  candidates(channel: BookChannel, { nowMs, clockMs, peer, isQuiet }: BookSight): Notice[] {
    const { self, machines } = this.#options;
    return [...this.#entries.values()]
      .filter((entry) => {
        const { notice, learnedAtMs } = entry;
        const { name, subject, kind, origin, dueMs } = notice;
        if (!this.#isWanted(notice, channel)) return false;
        if (kind !== "resolved" && isQuiet(name, subject)) return false;
        if (this.#mayBeContradicted(entry, clockMs)) return false;
        return mayBegin({ self, origin, machines, channel: channel.name, dueMs, nowMs, learnedAtMs, clockMs, peer });
      })
      .map(({ notice }) => notice)
      .toSorted((a, b) => a.atMs - b.atMs);
  }

  /** This hub has told it. */
  told(id: string, channel: string, nowMs: number): void {
    if (this.#told.add(id, channel, nowMs)) this.#revision++;
  }

  /** The peer, or somebody before this start, has told these. */
  heard(tellings: readonly Telling[]): void {
    if (this.#told.merge(tellings)) this.#revision++;
  }

  words(nowMs: number): Telling[] {
    return this.#told.words(nowMs);
  }

  /** Notices that wait for a channel, whosever turn it is. */
  queued(channel: BookChannel): number {
    return [...this.#entries.values()].filter(({ notice }) => this.#isWanted(notice, channel)).length;
  }

  dump(): BookDump {
    const notices = [...this.#entries.values()].map(({ notice }) => notice);
    return { v: 1, episodes: this.#episodes.dump(), notices, told: this.#told.dump() };
  }

  #isWanted({ id, severity, after, orAfter }: Notice, { name, atLeast }: BookChannel): boolean {
    if (!isLoudEnough(severity, atLeast) || this.#told.has(id, name)) return false;
    return after === undefined || [after, orAfter].some((each) => each !== undefined && this.#told.has(each, name));
  }

  /** Whether nothing is left to do for it: its channels have heard it, or will not hear what it follows any more. */
  #isDone(notice: Notice): boolean {
    const { id, severity, after, orAfter } = notice;
    return this.#options.channels.every((channel) => {
      if (!isLoudEnough(severity, channel.atLeast) || this.#told.has(id, channel.name)) return true;
      const isOpen = (each?: string) =>
        each !== undefined && (this.#told.has(each, channel.name) || this.#entries.has(each));
      return after !== undefined && !isOpen(after) && !isOpen(orAfter);
    });
  }

  /** Nobody is told by this hub that a trouble is over which it sees. */
  #contradict({ name, subject }: NotedAlert, clockMs: number): void {
    for (const [id, entry] of this.#entries) {
      const { notice } = entry;
      const isItsEnd = notice.name === name && notice.subject === subject && this.#mayBeContradicted(entry, clockMs);
      if (isItsEnd && !this.#isToldAnywhere(notice)) this.#remove(id, false);
    }
  }

  /** Whether it is an end that the peer has stored just now. */
  #mayBeContradicted({ notice: { kind, origin }, learnedAtMs }: Entry, clockMs: number): boolean {
    const { self, machines } = this.#options;
    const isPeers = origin !== self && machines.includes(origin);
    return kind === "resolved" && isPeers && learnedAtMs !== undefined && clockMs - learnedAtMs < contradictMs;
  }

  #needed(): Set<string> {
    const waiting = [...this.#entries.values()].flatMap(({ notice: { id, after = id, orAfter = id } }) => [
      id,
      after,
      orAfter,
    ]);
    return new Set([...waiting, ...this.#episodes.said()]);
  }

  #isToldAnywhere({ id }: Notice): boolean {
    return this.#told.hasAny(
      id,
      this.#options.channels.map(({ name }) => name),
    );
  }

  #rename({ from, to, origin }: { from: string; to: string; origin: string }): void {
    this.#told.rename(from, to);
    const entry = this.#entries.get(from);
    if (entry === undefined) return;
    this.#entries.delete(from);
    this.#entries.set(to, { ...entry, notice: { ...entry.notice, id: to, origin } });
  }

  #add(notice: Notice, learnedAtMs: number | undefined, isFound: boolean, isHeard = false): void {
    this.#revision++;
    const isReminder = notice.kind === "still-flapping";
    for (const [id, { notice: earlier }] of this.#entries)
      if (isReminder && earlier.kind === notice.kind && earlier.after === notice.after) this.#entries.delete(id);
    this.#entries.set(notice.id, { notice, learnedAtMs, isFound, isHeard });
    while (this.#entries.size > maxNotices) this.#remove(this.#leastNeeded(), true);
  }

  /** Of the hub that has most, so that what one says costs the other nothing: the oldest of what is over, with its end; else the oldest. */
  #leastNeeded(): string {
    const counts = new Map<string, number>();
    for (const { notice } of this.#entries.values()) counts.set(notice.origin, (counts.get(notice.origin) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const theirs = [...this.#entries].filter(([, { notice }]) => counts.get(notice.origin) === most);
    const over = theirs.find(([, { notice }]) => !this.#episodes.stands(notice));
    return (over ?? theirs[0])?.[0] ?? "";
  }

  #remove(id: string, isLoss: boolean): void {
    this.#revision++;
    this.#entries.delete(id);
    if (!isLoss) return;
    this.#dropped++;
    // Nobody is told the end of what nobody was told of.
    for (const [other, { notice }] of this.#entries)
      if (
        notice.after === id &&
        [id, notice.orAfter ?? id].every((each) => !this.#isToldAnywhere({ ...notice, id: each }))
      )
        this.#remove(other, true);
  }
}
