/** Says when a condition that is looked at again and again becomes an alert, and when one that stands by the records is over. */
import { type AlertName, alertSeverities } from "./alert-names.ts";

/** A condition as it is at a moment. */
export interface ConditionSight {
  name: AlertName;
  subject: string;
  /** `unclear`: nothing follows from it, neither an alert nor its end. */
  is: "ill" | "well" | "unclear";
  /** Where it is not always as bad. @default that of the name */
  severity?: "urgent" | "warning";
  message: string;
  /** Whether an alert about it stands by the records, of an ill one by its severity. */
  open: boolean;
}

export interface ConditionTurn {
  name: AlertName;
  subject: string;
  severity: "urgent" | "warning" | "resolved";
  message: string;
}

/** What is started anew is given so long, ms. */
export const illAfterMs = 5_000;
/** Longer than another way to say the same takes, so that an end is said once. */
export const wellAfterMs = 2_000;

/** Mutable; one per hub. */
export class StandingAlerts {
  /** Since when each condition is as it is, monotonic ms. */
  readonly #since = new Map<string, { is: "ill" | "well"; atMs: number }>();

  /** The same turn is said again until it is stored. */
  step(sights: readonly ConditionSight[], atMs: number): ConditionTurn[] {
    return sights.flatMap(({ name, subject, is, severity = alertSeverities[name], message, open }): ConditionTurn[] => {
      const key = `${name} ${subject}`;
      if (is === "unclear") {
        this.#since.delete(key);
        return [];
      }
      const before = this.#since.get(key);
      const since = before?.is === is ? before : { is, atMs };
      this.#since.set(key, since);
      const forMs = atMs - since.atMs;
      if (is === "ill" && !open && forMs >= illAfterMs) return [{ name, subject, severity, message }];
      if (is === "well" && open && forMs >= wellAfterMs) return [{ name, subject, severity: "resolved", message }];
      return [];
    });
  }
}
