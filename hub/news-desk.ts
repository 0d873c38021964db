/** Ties what happens at this hub to those who tell it: the timeline of both hubs, the notes in its stream, and the events of the pages. */
import type { NatsConnection } from "nats";
import type { HubConfig } from "./config.ts";
import type { Alert, Batch } from "./core/record.ts";
import type { AlertView, ServiceJson } from "./http/api.ts";
import type { EventFeed } from "./http/events.ts";
import type { AppendOutcome, Unstamped } from "./io/journal.ts";
import type { Log } from "./io/log.ts";
import type { FromSeat } from "./judge/seat/messages.ts";
import { NoteDesk } from "./note-desk.ts";
import { NoteTaker } from "./note-taker.ts";
import { PacedEvent } from "./paced-event.ts";
import { TimelineDesk } from "./timeline-desk.ts";

export interface NewsDeskOptions {
  config: Pick<HubConfig, "machine" | "peer" | "retentionMs">;
  version: string;
  /** Whether what comes now is news, and not what was stored before this start. */
  isLive(): boolean;
  append(alert: Unstamped<Alert>): Promise<AppendOutcome>;
  /** Since the peer was heard last by any path, ms; undefined before the first time. */
  heardAgoMs(): number | undefined;
  services(): ServiceJson[];
  /** Targets that operators are working on. */
  inMaintenance(): string[];
  /** Those that stand. */
  alerts(): AlertView[];
  events: EventFeed;
  /** Monotonic ms. */
  clock(): number;
  log: Log;
}

export class NewsDesk {
  readonly timeline: TimelineDesk;
  /** Stores notes. */
  readonly desk: NoteDesk;
  readonly notes: NoteTaker;
  readonly #inMaintenance: () => string[];
  readonly #services: PacedEvent;
  readonly #alerts: PacedEvent;

  constructor({ services, inMaintenance, alerts, events, append, ...options }: NewsDeskOptions) {
    const { log } = options;
    this.#inMaintenance = inMaintenance;
    this.#services = new PacedEvent(events, () => ({ type: "services", services: services() }));
    this.#alerts = new PacedEvent(events, () => ({ type: "alerts", alerts: alerts() }));
    this.desk = new NoteDesk({ append, log });
    this.notes = new NoteTaker({ ...options, put: (note) => this.desk.put(note) });
    this.timeline = new TimelineDesk({
      ...options,
      nowMs: Date.now,
      onEntry: (entry) => events.send({ type: "timeline", entry }),
      onAlerts: () => this.#alerts.mark(),
    });
  }

  /** @param succeeded whether this hub goes on for another one of its machine */
  start(succeeded: boolean): void {
    this.timeline.start();
    this.notes.start(succeeded);
  }

  /** What the streams hold, at leisure. Never rejects. */
  async read(nc: NatsConnection, signal: AbortSignal): Promise<void> {
    await this.timeline.read(nc, signal);
    if (this.timeline.newestOwn("link")?.name === "link-lost") this.notes.resumeLost();
    this.notes.resumeMaintenance(this.timeline.openMaintenance(), this.#inMaintenance(), Date.now());
  }

  /** A batch of either hub's alerts was folded. */
  take(batch: Batch): void {
    this.timeline.take(batch);
  }

  /** What the failover says. */
  heard(news: FromSeat): void {
    this.notes.heard(news);
    if (news.type === "services") this.#services.mark();
  }

  /** The health of an agent or standby. */
  turned(): void {
    this.#services.mark();
  }

  stop(): void {
    this.notes.stop();
    this.desk.stop();
    this.#services.stop();
    this.#alerts.stop();
  }
}
