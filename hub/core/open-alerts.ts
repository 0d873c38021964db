/** Which alerts stand, by the records of both hubs: the newest word on a subject counts, whoever stored it. */
import { compareHlc } from "./hlc.ts";
import type { Alert } from "./record.ts";
import { isNote } from "./timeline/note-names.ts";

/** An alert that stands, by its newest word. */
export interface OpenAlert extends Alert {
  /** When it was first said without an end since, wall ms; of one that a snapshot brought, when it was said last. */
  sinceMs: number;
}

/** Mutable. Bounded by what alerts are about: machines, agents, services and streams. */
export class OpenAlerts {
  readonly #newest = new Map<string, OpenAlert>();

  /** A note in the same stream says nothing of an alert, and of notes there is no bound. */
  note(alert: Alert): void {
    if (isNote(alert)) return;
    const key = `${alert.name}/${alert.subject}`;
    const before = this.#newest.get(key);
    if (before !== undefined && compareHlc(before.at, alert.at) > 0) return;
    const goesOn = before !== undefined && before.severity !== "resolved";
    this.#newest.set(key, { ...alert, sinceMs: goesOn ? before.sinceMs : alert.at.wallMs });
  }

  isOpen(name: string, subject: string): boolean {
    const newest = this.#newest.get(`${name}/${subject}`);
    return newest !== undefined && newest.severity !== "resolved";
  }

  list(): OpenAlert[] {
    return [...this.#newest.values()].filter(({ severity }) => severity !== "resolved");
  }
}
