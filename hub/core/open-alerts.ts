/** Which alerts stand, by the records of both hubs: the newest word on a subject counts, whoever stored it. */
import { compareHlc } from "./hlc.ts";
import type { Alert } from "./record.ts";
import { isNote } from "./timeline/note-names.ts";

/** An alert that stands, by its newest word. */
export interface OpenAlert extends Alert {
  /** When it was first said without an end since, wall ms; of one that a snapshot brought, when it was said last. */
  sinceMs: number;
}

/** Of whatever hub: what alerts are about, machines, agents, services and streams, is fewer by far. */
const maxKept = 10_000;
const maxNameChars = 300;
const maxMessageChars = 2_000;

/** Mutable. */
export class OpenAlerts {
  readonly #newest = new Map<string, OpenAlert>();
  #standing = 0;

  /**
   * A note in the same stream says nothing of an alert, and of notes there is no bound.
   * @returns false when it is not kept, because there are too many already or it is too long to be one
   */
  note(alert: Alert): boolean {
    if (isNote(alert)) return true;
    const key = `${alert.name}/${alert.subject}`;
    const before = this.#newest.get(key);
    if (before !== undefined && compareHlc(before.at, alert.at) > 0) return true;
    if (key.length > maxNameChars || (before === undefined && !this.#hasRoom())) return false;
    const goesOn = before !== undefined && before.severity !== "resolved";
    this.#standing += Number(alert.severity !== "resolved") - Number(goesOn);
    const message = alert.message.slice(0, maxMessageChars);
    this.#newest.set(key, { ...alert, message, sinceMs: goesOn ? before.sinceMs : alert.at.wallMs });
    return true;
  }

  isOpen(name: string, subject: string): boolean {
    return this.severityOf(name, subject) !== undefined;
  }

  /** Undefined of one that does not stand. */
  severityOf(name: string, subject: string): "urgent" | "warning" | undefined {
    const { severity = "resolved" } = this.#newest.get(`${name}/${subject}`) ?? {};
    return severity === "resolved" ? undefined : severity;
  }

  list(): OpenAlert[] {
    return [...this.#newest.values()].filter(({ severity }) => severity !== "resolved");
  }

  /** What has ended makes room: only an older word that comes late could be taken for news then. */
  #hasRoom(): boolean {
    if (this.#newest.size < maxKept) return true;
    if (this.#standing >= maxKept) return false;
    for (const [key, { severity }] of this.#newest) if (severity === "resolved") this.#newest.delete(key);
    return true;
  }
}
