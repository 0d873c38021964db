/** Asks from outside whether the pair and its services serve, counts it, keeps the counts, and holds them against what is promised. */
import { join } from "node:path";
import type { HubConfig } from "./config.ts";
import { ObjectiveBook } from "./core/objectives/book.ts";
import { type Objective, objectivesOf, pairName } from "./core/objectives/config.ts";
import {
  askedAtOnce,
  type CountsMessage,
  CountsMessage as CountsSchema,
  objectivesExchangePath,
  takeCounts,
  tellCounts,
} from "./core/objectives/exchange.ts";
import { type Count, keptMinutes, minuteOf } from "./core/objectives/minute-ring.ts";
import type { ObjectivesView } from "./http/objectives-json.ts";
import { viewOf } from "./http/objectives-view.ts";
import { askPeer } from "./io/ask-peer.ts";
import { type Log, messageOf } from "./io/log.ts";
import { type MinuteLine, ObjectiveFiles } from "./io/objective-files.ts";
import { OutsideProbe } from "./io/outside/outside-probe.ts";
import { Rounds } from "./io/outside/rounds.ts";
import { outsideDeadlineMs, pairPlaces, servicePlaces } from "./io/outside/targets.ts";
import type { PeerSeals } from "./io/peer-seals.ts";
import { HubDial } from "./tls/dial.ts";

export interface ObjectivesDeskOptions {
  config: Pick<HubConfig, "machine" | "peer" | "services" | "objectives" | "stateDirectory">;
  /** This machine hears nobody: what it does not reach says nothing of the pair. */
  isCutOff(): boolean;
  /** Planned work on what the objective is about. */
  isWorkedOn(objective: string): boolean;
  seals: PeerSeals;
  /** Monotonic ms. */
  clock(): number;
  log: Log;
}

export type ProbeResult = "good" | "bad" | "uncounted";

const tickMs = 1_000;
const peerEveryMs = 60_000;
const daysEveryMs = 3_600_000;
/** Of the peer's word on a stretch of minutes and on 90 days; more than that of 400 objectives. */
const maxPeerBytes = 4 * 1024 * 1024;
const peerDeadlineMs = 5_000;
/** What the peer counted in the last minutes is asked for again: it may still have been counting, minutes. */
const askAgain = 2;

export class ObjectivesDesk {
  readonly objectives: readonly Objective[];
  readonly #options: ObjectivesDeskOptions;
  readonly #dial: HubDial;
  readonly #books: ReadonlyMap<string, ObjectiveBook>;
  readonly #results = new Map<string, Record<ProbeResult, number>>();
  readonly #files: ObjectiveFiles | undefined;
  readonly #probes: OutsideProbe[] = [];
  #rounds: Rounds | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #stop = new AbortController();
  /** Counts by the minute that are on no disk yet. */
  readonly #unwritten = new Map<number, MinuteLine["counts"]>();
  /** What the peer counted after this minute is not known yet. */
  #peerKnownTo = 0;
  #askingPeer = false;
  /** Whether it was told of that the peer does not answer. */
  #saidUnasked = false;
  #isRead = false;

  constructor(options: ObjectivesDeskOptions) {
    this.#options = options;
    this.#dial = new HubDial(options.config);
    const { objectives, services, stateDirectory } = options.config;
    this.objectives = objectivesOf(objectives, services);
    this.#books = new Map(this.objectives.map(({ name }) => [name, new ObjectiveBook()]));
    for (const { name } of this.objectives) this.#results.set(name, { good: 0, bad: 0, uncounted: 0 });
    if (stateDirectory !== undefined) this.#files = new ObjectiveFiles(join(stateDirectory, "objectives"), options.log);
  }

  /** Whether what earlier lives of this hub counted is known. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Resolves when it is; asks from then on. Never rejects. */
  async start(): Promise<void> {
    await this.#files?.read(this.#books, Date.now());
    if (this.#stop.signal.aborted) return;
    this.#isRead = true;
    const asked = this.objectives.map(({ name }) => {
      const probe = this.#probeOf(name);
      this.#probes.push(probe);
      return { ask: () => probe.ask(), counted: (count: Count) => this.#count(name, count) };
    });
    this.#rounds = new Rounds(asked, Math.random);
    this.#timers.push(
      setInterval(() => this.#write(), tickMs),
      setInterval(() => void this.#files?.keepDays(this.#books, Date.now()), daysEveryMs),
      setInterval(() => void this.#askPeer(), peerEveryMs),
    );
    void this.#askPeer();
  }

  /** Resolves when all that was counted is on the disk. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearInterval(timer);
    for (const probe of this.#probes) probe.close();
    await this.#rounds?.stop();
    this.#write(true);
    // What was not read is not to be written over.
    if (this.#isRead) void this.#files?.keepDays(this.#books, Date.now());
    await this.#files?.idle();
  }

  view(): ObjectivesView {
    const nowMs = Date.now();
    const objectives = this.objectives.map((objective) => viewOf(objective, this.#bookOf(objective.name), nowMs));
    return { machine: this.#options.config.machine.name, now: new Date(nowMs).toISOString(), objectives };
  }

  /** Since the start. */
  results(objective: string): Record<ProbeResult, number> {
    return this.#results.get(objective) ?? { good: 0, bad: 0, uncounted: 0 };
  }

  /** For the peer's hub. @param from minute */
  counts(from: number, minutes?: number): CountsMessage {
    return tellCounts(this.#books, this.#options.config.machine.name, from, minuteOf(Date.now()), minutes);
  }

  #bookOf(name: string): ObjectiveBook {
    const book = this.#books.get(name);
    if (book === undefined) throw new Error(`no objective ${name}`);
    return book;
  }

  #probeOf(name: string): OutsideProbe {
    const { config, clock } = this.#options;
    const service = config.services.find((each) => each.name === name);
    const isPair = name === pairName;
    const places = isPair ? pairPlaces(config) : service === undefined ? [] : servicePlaces(service, config);
    return new OutsideProbe({ places, deadlineMs: outsideDeadlineMs, clock, anyAnswer: !isPair });
  }

  #count(name: string, count: Count): void {
    const { isCutOff, isWorkedOn } = this.#options;
    const results = this.results(name);
    const minute = minuteOf(Date.now());
    if (isCutOff() || isWorkedOn(name) || !this.#bookOf(name).count(minute, count)) {
      results.uncounted += count.total;
      return;
    }
    results[count.bad > 0 ? "bad" : "good"] += count.total;
    const counts = this.#unwritten.get(minute) ?? {};
    const [total, bad] = counts[name] ?? [0, 0];
    counts[name] = [total + count.total, bad + count.bad];
    this.#unwritten.set(minute, counts);
  }

  /** Minutes that are over. @param all the present one, too */
  #write(all = false): void {
    const now = minuteOf(Date.now());
    const due = [...this.#unwritten].filter(([minute]) => all || minute !== now);
    for (const [minute] of due) this.#unwritten.delete(minute);
    if (due.length > 0)
      void this.#files?.add(
        due.map(([minute, counts]) => ({ minute, counts })),
        Date.now(),
      );
  }

  async #askPeer(): Promise<void> {
    if (this.#askingPeer) return;
    this.#askingPeer = true;
    const { signal } = this.#stop;
    const now = minuteOf(Date.now());
    const isFirst = this.#peerKnownTo === 0;
    try {
      // What is known stays known when a later stretch fails.
      for (let from = this.#unknownFrom(now); from <= now; from += askedAtOnce) {
        takeCounts(this.#books, await this.#askCounts(from, now), now);
        this.#peerKnownTo = Math.min(now, from + askedAtOnce - 1);
      }
      if (isFirst) void this.#files?.keepDays(this.#books, Date.now());
      this.#saidUnasked = false;
    } catch (error) {
      // A peer that is away says nothing new; what is not known yet is asked for the next time.
      if (!signal.aborted && !this.#saidUnasked)
        this.#options.log.info("objectives.peer-unasked", { error: messageOf(error) });
      this.#saidUnasked = true;
    }
    this.#askingPeer = false;
  }

  #unknownFrom(now: number): number {
    return Math.max(Math.min(this.#peerKnownTo, now) - askAgain, now - keptMinutes);
  }

  async #askCounts(from: number, now: number): Promise<CountsMessage> {
    const options = {
      ...this.#options.config.peer.hub,
      dial: this.#dial,
      deadlineMs: peerDeadlineMs,
      maxBytes: maxPeerBytes,
      seals: this.#options.seals,
      signal: this.#stop.signal,
    };
    const path = `${objectivesExchangePath}?from=${from}`;
    if (now - from < askedAtOnce) return askPeer(CountsSchema, { ...options, path });
    try {
      return await askPeer(CountsSchema, { ...options, path: `${path}&minutes=${askedAtOnce}` });
    } catch (error) {
      // A hub of an older version knows no stretches.
      if (!messageOf(error).endsWith("HTTP 400")) throw error;
      return askPeer(CountsSchema, { ...options, path });
    }
  }
}
