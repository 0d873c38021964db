/** Says when a burning budget becomes an alert, when it changes its severity, and when it is over. */
import type { Burning } from "./burn.ts";

export interface BudgetSight {
  /** Name of the objective. */
  subject: string;
  burning: Burning;
  /** Severity of the alert that stands by the records; `no` when none does. */
  standing: Burning;
  /** Another hub speaks of it, or it is worked on: nothing follows. */
  quiet: boolean;
}

export interface BudgetTurn {
  subject: string;
  severity: "urgent" | "warning" | "resolved";
  /** It stood, and was ended or made less of by somebody else while it burnt all the time. */
  again?: true;
}

/** What is worse is said after so long, ms. */
const worseAfterMs = 5_000;
/** What is better has to last, or a rate that wavers about its limit would be told of all day, ms. */
const betterAfterMs = 60_000;
const ranks: Record<Burning, number> = { no: 0, warning: 1, urgent: 2 };

/** Mutable; one per hub. */
export class BudgetAlerts {
  readonly #since = new Map<string, { burning: Burning; atMs: number; stood: boolean }>();

  /** The same turn is said again until it is stored. @param atMs monotonic */
  step(sights: readonly BudgetSight[], atMs: number): BudgetTurn[] {
    return sights.flatMap(({ subject, burning, standing, quiet }): BudgetTurn[] => {
      if (quiet) {
        this.#since.delete(subject);
        return [];
      }
      const before = this.#since.get(subject);
      const since = before?.burning === burning ? before : { burning, atMs, stood: false };
      this.#since.set(subject, since);
      const { stood } = since;
      since.stood = burning === standing;
      if (since.stood) return [];
      const afterMs = ranks[burning] > ranks[standing] ? worseAfterMs : betterAfterMs;
      if (atMs - since.atMs < afterMs) return [];
      if (burning === "no") return [{ subject, severity: "resolved" }];
      return [{ subject, severity: burning, ...(stood && ranks[standing] < ranks[burning] && { again: true }) }];
    });
  }
}
