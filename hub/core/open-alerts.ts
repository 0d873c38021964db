/** Which alerts stand, by the records of both hubs: the newest word on a subject counts, whoever stored it. */
import { compareHlc } from "./hlc.ts";
import type { Alert } from "./record.ts";

/** Mutable. Bounded by what alerts are about: machines, agents, services and streams. */
export class OpenAlerts {
  readonly #newest = new Map<string, Alert>();

  note(alert: Alert): void {
    const key = `${alert.name}/${alert.subject}`;
    const before = this.#newest.get(key);
    if (before === undefined || compareHlc(before.at, alert.at) <= 0) this.#newest.set(key, alert);
  }

  isOpen(name: string, subject: string): boolean {
    const newest = this.#newest.get(`${name}/${subject}`);
    return newest !== undefined && newest.severity !== "resolved";
  }

  list(): Alert[] {
    return [...this.#newest.values()].filter(({ severity }) => severity !== "resolved");
  }
}
