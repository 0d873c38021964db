/** Looks every second at how all is, keeps a sample a minute for 25 hours, and asks the peer's hub for those in which this one was away. */
import { join } from "node:path";
import type { HubConfig } from "./config.ts";
import { HistoryRing, type MinuteRow } from "./core/history/ring.ts";
import { Sampler, type Sight } from "./core/history/sampler.ts";
import { agentSeriesOf, type Steps, seriesOf, stepsOf } from "./core/history/view.ts";
import type { AgentHistoryView, HistoryView } from "./http/history-json.ts";
import { askPeer } from "./io/ask-peer.ts";
import {
  exchangedAtOnce,
  HistoryMessage,
  historyExchangePath,
  takeHistory,
  tellHistory,
} from "./io/history-exchange.ts";
import { HistoryFiles } from "./io/history-files.ts";
import { type Log, messageOf } from "./io/log.ts";
import type { PeerSeals } from "./io/peer-seals.ts";
import { HubDial } from "./tls/dial.ts";

export interface HistoryDeskOptions {
  config: Pick<HubConfig, "machine" | "peer" | "stateDirectory">;
  /** Of all agents, `machine/name`. */
  ids: readonly string[];
  /** How all is now, with the agents in the order of the ids. */
  look(): Sight;
  seals: PeerSeals;
  log: Log;
}

const minuteMs = 60_000;
const lookEveryMs = 1_000;
const peerEveryMs = 60_000;
const peerDeadlineMs = 5_000;
const maxPeerBytes = 16 * 1024 * 1024;
/** The peer may still be looking at a minute that is over here. */
const youngest = 2;

const minuteNow = () => Math.floor(Date.now() / minuteMs);

export class HistoryDesk {
  readonly #options: HistoryDeskOptions;
  readonly #dial: HubDial;
  readonly #ring: HistoryRing;
  readonly #sampler: Sampler;
  readonly #files: HistoryFiles | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #stop = new AbortController();
  #isRead = false;
  #filling = false;
  /** Whether it was told of that the peer does not answer. */
  #saidUnfilled = false;

  constructor(options: HistoryDeskOptions) {
    this.#options = options;
    this.#dial = new HubDial(options.config);
    const { config, ids, log } = options;
    this.#ring = new HistoryRing(ids);
    this.#sampler = new Sampler(ids.length);
    if (config.stateDirectory !== undefined)
      this.#files = new HistoryFiles(join(config.stateDirectory, "history"), ids, log);
  }

  /** Whether what earlier lives of this hub saw is known. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Resolves when it is. Never rejects. */
  async start(): Promise<void> {
    this.#timers.push(setInterval(() => this.#look(), lookEveryMs));
    await this.#files?.read(this.#ring, minuteNow());
    if (this.#stop.signal.aborted) return;
    this.#isRead = true;
    this.#timers.push(setInterval(() => void this.#fill(), peerEveryMs));
    void this.#fill();
  }

  /** Resolves when all that was seen is on the disk. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearInterval(timer);
    this.#keep(this.#sampler.end());
    await this.#files?.idle();
  }

  view(minutes: number, step: number): HistoryView {
    const steps = stepsOf(minutes, step, minuteNow());
    return { ...this.#head(steps), series: seriesOf(this.#ring, steps) };
  }

  /** @param agent an id; undefined for all. @returns undefined when there is no such agent */
  agents(minutes: number, step: number, agent?: string): AgentHistoryView | undefined {
    const { ids } = this.#ring;
    if (agent !== undefined && !ids.includes(agent)) return undefined;
    const steps = stepsOf(minutes, step, minuteNow());
    const told = [...ids.entries()].filter(([, id]) => agent === undefined || id === agent);
    const agents = Object.fromEntries(told.map(([index, id]) => [id, agentSeriesOf(this.#ring, index, steps)]));
    return { ...this.#head(steps), agents };
  }

  /** For the peer's hub. */
  tell(from: number, minutes: number): HistoryMessage {
    return tellHistory(this.#ring, this.#options.config.machine.name, from, minutes);
  }

  #head({ from, step }: Steps) {
    const now = new Date().toISOString();
    const { name: machine } = this.#options.config.machine;
    return { machine, now, from: new Date(from * minuteMs).toISOString(), stepMs: step * minuteMs };
  }

  #look(): void {
    this.#keep(this.#sampler.look(minuteNow(), this.#options.look()));
  }

  #keep(row: MinuteRow | undefined): void {
    if (row === undefined) return;
    this.#ring.record(row);
    void this.#files?.add([row], Date.now());
  }

  async #fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    const { peer } = this.#options.config;
    const { signal } = this.#stop;
    const { seals } = this.#options;
    const asking = { ...peer.hub, dial: this.#dial, deadlineMs: peerDeadlineMs, maxBytes: maxPeerBytes, seals, signal };
    try {
      for (const { from, minutes } of this.#ring.gaps(minuteNow() - youngest, exchangedAtOnce)) {
        const path = `${historyExchangePath}?from=${from}&minutes=${minutes}`;
        const told = takeHistory(this.#ring, await askPeer(HistoryMessage, { ...asking, path }), from, minutes);
        if (told.length > 0) void this.#files?.add(told, Date.now(), true);
      }
      this.#saidUnfilled = false;
    } catch (error) {
      // A peer that is away is no news of its own; the gap is asked for again.
      if (!signal.aborted && !this.#saidUnfilled)
        this.#options.log.info("history.unfilled", { error: messageOf(error) });
      this.#saidUnfilled = true;
    }
    this.#filling = false;
  }
}
