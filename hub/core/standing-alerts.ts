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
  /** It stood, and was ended by somebody else while it was seen all the time. */
  again?: true;
}

/** What is started anew is given so long, ms. */
export const illAfterMs = 5_000;
/** Longer than another way to say the same takes, so that an end is said once. */
export const wellAfterMs = 2_000;

interface Since {
  is: "ill" | "well";
  /** Monotonic ms. */
  atMs: number;
  severity: "urgent" | "warning";
  /** Whether it stood with this severity since then. */
  stood: boolean;
}

/** Mutable; one per hub. */
export class StandingAlerts {
  /** Since when each condition is as it is, monotonic ms. */
  readonly #since = new Map<string, Since>();

  /** The same turn is said again until it is stored. */
  step(sights: readonly ConditionSight[], atMs: number): ConditionTurn[] {
    const seen = new Set(sights.map(keyOf));
    for (const key of this.#since.keys()) if (!seen.has(key)) this.#since.delete(key);
    return sights.flatMap((sight) => this.#turn(sight, atMs) ?? []);
  }

  #turn(sight: ConditionSight, atMs: number): ConditionTurn | undefined {
    const { name, subject, is, severity = alertSeverities[name], message, open } = sight;
    const key = keyOf(sight);
    if (is === "unclear") {
      this.#since.delete(key);
      return undefined;
    }
    const before = this.#since.get(key);
    const since = before?.is === is ? before : { is, atMs, severity, stood: false };
    // One that has become worse is news by itself: nobody has ended it.
    if (since.severity !== severity) Object.assign(since, { severity, stood: false });
    this.#since.set(key, since);
    const forMs = atMs - since.atMs;
    if (is === "well") {
      if (open && forMs >= wellAfterMs) return { name, subject, severity: "resolved", message };
    } else if (open) since.stood = true;
    else if (forMs >= illAfterMs) {
      const again = since.stood ? { again: true as const } : {}; // else of any boolean
      since.stood = false;
      return { name, subject, severity, message, ...again };
    }
    return undefined;
  }
}

const keyOf = ({ name, subject }: Pick<ConditionSight, "name" | "subject">) => `${name} ${subject}`;
