/** Notes what happens at this hub beside alerts: that it started, what it took over, the link, and what operators say here. */
import type { HubConfig } from "./config.ts";
import type { TimelineEvent } from "./core/timeline/event.ts";
import { LinkWatch } from "./core/timeline/link-watch.ts";
import type { Note } from "./core/timeline/note-names.ts";
import { maintenanceText, moveText, untilOf } from "./core/timeline/note-words.ts";
import type { MaintenanceView } from "./http/api.ts";
import type { FromSeat } from "./judge/seat/messages.ts";

export interface NoteTakerOptions {
  config: Pick<HubConfig, "machine" | "peer">;
  version: string;
  /** Stores it now or later. */
  put(note: Note): void;
  /** Since the peer was heard last by any path, ms; undefined before the first time. */
  heardAgoMs(): number | undefined;
  /** Monotonic ms. */
  clock(): number;
}

const lookEveryMs = 250;

export class NoteTaker {
  readonly #options: NoteTakerOptions;
  readonly #link = new LinkWatch();
  /** Targets whose maintenance was ordered here, with its planned end. */
  readonly #ordered = new Map<string, string>();
  /** Targets whose maintenance this life of the hub has told of. */
  readonly #toldOf = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NoteTakerOptions) {
    this.#options = options;
  }

  /** @param succeeded whether this hub goes on for another one of its machine */
  start(succeeded: boolean): void {
    const { config, version, put } = this.#options;
    const { name, hubName } = config.machine;
    const how = succeeded ? "goes on for the hub that it replaces" : "started";
    put({ name: "hub-started", subject: name, message: `${hubName} ${version} ${how}` });
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** An earlier life of this hub has told that the link is lost. */
  resumeLost(): void {
    this.#link.resumeLost();
  }

  /** Both hubs learn of a move; the one whose machine got the service tells it. */
  heard(news: FromSeat): void {
    const { config, put } = this.#options;
    if (news.type !== "moved" || news.to !== config.machine.name) return;
    put({ name: "service-moved", subject: news.service, message: moveText(news) });
  }

  maintenanceBegun(view: MaintenanceView): MaintenanceView {
    const { target: subject, until } = view;
    this.#ordered.set(subject, until);
    this.#toldOf.add(subject);
    this.#options.put({ name: "maintenance-begun", subject, message: maintenanceText(view) });
    return view;
  }

  maintenanceEnded(view: MaintenanceView): MaintenanceView {
    const { target: subject, by } = view;
    this.#ordered.delete(subject);
    this.#toldOf.add(subject);
    this.#options.put({ name: "maintenance-ended", subject, message: `it is watched again (${by})` });
    return view;
  }

  /** @param begun what earlier lives of this hub told the begin of, and nobody the end @param targets in maintenance now */
  resumeMaintenance(
    begun: readonly Pick<TimelineEvent, "subject" | "text">[],
    targets: readonly string[],
    nowMs: number,
  ): void {
    for (const { subject, text } of begun) {
      const until = untilOf(text);
      if (until === undefined || this.#toldOf.has(subject)) continue;
      if (targets.includes(subject) || Date.parse(until) > nowMs) this.#ordered.set(subject, until);
      else this.#tellOver(subject);
    }
  }

  /** @param targets in maintenance now */
  maintenanceIs(targets: readonly string[], nowMs: number): void {
    for (const [subject, until] of this.#ordered) {
      if (targets.includes(subject)) continue;
      this.#ordered.delete(subject);
      // Ended before its time, it was by the word of whoever has told it.
      if (Date.parse(until) > nowMs) continue;
      this.#tellOver(subject);
    }
  }

  #tellOver(subject: string): void {
    this.#options.put({ name: "maintenance-ended", subject, message: "its time is over: it is watched again" });
  }

  #look(): void {
    const { config, put, heardAgoMs, clock } = this.#options;
    const [self, peer] = [config.machine.name, config.peer.name];
    const turn = this.#link.look(heardAgoMs(), clock());
    if (turn === undefined) return;
    const lostForMs = turn.to === "healed" ? turn.lostForMs : undefined;
    const after = lostForMs === undefined ? "" : ` after ${(lostForMs / 1_000).toFixed(1)} s`;
    const how = turn.to === "lost" ? "no more" : `again${after}`;
    put({ name: `link-${turn.to}`, subject: peer, message: `${self} hears ${peer} ${how}` });
  }
}
