/** Holds the timeline of both hubs: what their streams of alerts hold, read at leisure, and what comes, told to the pages at once. */
import type { NatsConnection } from "nats";
import type { HubConfig } from "./config.ts";
import type { Batch } from "./core/record.ts";
import { eventsOf, type TimelineEvent } from "./core/timeline/event.ts";
import { Timeline, type TimelineQuery } from "./core/timeline/timeline.ts";
import type { TimelineEntry, TimelineView } from "./http/timeline-json.ts";
import { readAlertStreams } from "./io/alert-streams.ts";
import type { Log } from "./io/log.ts";

export interface TimelineDeskOptions {
  config: Pick<HubConfig, "machine" | "peer" | "retentionMs">;
  /** Whether what comes now is news, and not what was stored before this start. */
  isLive(): boolean;
  onEntry(entry: TimelineEntry): void;
  /** An alert was raised or is over. */
  onAlerts(): void;
  log: Log;
  /** Wall ms. */
  nowMs(): number;
}

export class TimelineDesk {
  readonly #options: TimelineDeskOptions;
  readonly #timeline = new Timeline();
  /** From when on what happened was taken as it came, wall ms. */
  #startedMs: number;
  /** From when on the streams hold everything, wall ms; undefined while they are read. */
  #heldFromMs: number | undefined;

  constructor(options: TimelineDeskOptions) {
    this.#options = options;
    this.#startedMs = options.nowMs();
  }

  /** This hub acts from now on; it may have waited long for another one to yield. */
  start(): void {
    this.#startedMs = this.#options.nowMs();
  }

  /** Of either hub's stream of alerts, as it is folded. */
  take(batch: Batch): void {
    const { isLive, onEntry, onAlerts } = this.#options;
    const news = eventsOf(batch).filter((event) => this.#timeline.add(event));
    if (!isLive()) return;
    for (const event of news) onEntry(entryOf(event));
    if (news.some(({ kind }) => kind === "alert" || kind === "resolved")) onAlerts();
  }

  /** Resolves when it has read what is stored, or was stopped. Never rejects. */
  async read(nc: NatsConnection, signal: AbortSignal): Promise<void> {
    const { config, log } = this.#options;
    const [self, peer] = [config.machine.name, config.peer.name];
    const onBatch = (batch: Batch) => {
      for (const event of eventsOf(batch)) this.#timeline.add(event);
    };
    const heldFromMs = await readAlertStreams({ self, peer, nc, log, signal, onBatch });
    if (heldFromMs === undefined) return;
    this.#heldFromMs = heldFromMs;
    log.info("timeline.read", { reachesBackTo: instant(this.#reachesBackMs()) });
  }

  /** The newest event of a kind that this hub, or one before it on this machine, has told. */
  newestOwn(kind: TimelineEvent["kind"]): TimelineEvent | undefined {
    const { machine } = this.#options.config;
    const all = this.#timeline.list({ kinds: [kind], limit: Number.POSITIVE_INFINITY });
    return all.find(({ origin }) => origin === machine.name);
  }

  /** The newest word of this machine's hubs on each maintenance that they have told the begin of, and neither hub the end. */
  openMaintenance(): TimelineEvent[] {
    const { machine } = this.#options.config;
    const known = new Set<string>();
    return this.#timeline.list({ kinds: ["maintenance"], limit: Number.POSITIVE_INFINITY }).filter((event) => {
      const isEnd = event.name === "maintenance-ended";
      if (known.has(event.subject) || (!isEnd && event.origin !== machine.name)) return false;
      known.add(event.subject);
      return !isEnd;
    });
  }

  view({ sinceMs = 0, ...query }: TimelineQuery): TimelineView {
    const { config, nowMs } = this.#options;
    const reachesBackMs = this.#reachesBackMs();
    const events = this.#timeline.list({ ...query, sinceMs: Math.max(sinceMs, reachesBackMs) });
    return {
      machine: config.machine.name,
      now: instant(nowMs()),
      reachesBackTo: instant(reachesBackMs),
      entries: events.map(entryOf),
    };
  }

  #reachesBackMs(): number {
    const { config, nowMs } = this.#options;
    // What had to make room may not have been alone in its ms.
    const { forgotMs } = this.#timeline;
    const heldFromMs = this.#heldFromMs ?? this.#startedMs;
    return Math.max(nowMs() - config.retentionMs.alerts, heldFromMs, forgotMs > 0 ? forgotMs + 1 : 0);
  }
}

const entryOf = ({ at, ...event }: TimelineEvent): TimelineEntry => ({ ...event, at: instant(at.wallMs) });
const instant = (wallMs: number) => new Date(wallMs).toISOString();
