/** Says when an unhealthy agent is worth an alert, and when that alert is over: after a while, of root causes, outside maintenance. */
import type { Health } from "./record.ts";

/** An agent as it stands at a moment. */
export interface AlertSight {
  id: string;
  health: Health;
  /** It hangs below something dead, or is under maintenance. */
  quiet: boolean;
  /** Whether an alert about it stands. */
  open: boolean;
}

export interface AlertTurn {
  id: string;
  severity: "urgent" | "resolved";
}

/** An agent that is started anew, or whose need has just come back, is given so long, ms. */
export const alertAfterMs = 5_000;

/** Mutable; one per hub. */
export class AgentAlerts {
  /** Since when each loud agent is unhealthy, monotonic ms. */
  readonly #sinceMs = new Map<string, number>();

  /** The same turn is said again until the alert stands, or stands no more: storing it may fail. */
  step(agents: readonly AlertSight[], atMs: number): AlertTurn[] {
    return agents.flatMap(({ id, health, quiet, open }): AlertTurn[] => {
      if (health !== "unhealthy" || quiet) this.#sinceMs.delete(id);
      if (health === "healthy" || health === "degraded") return open ? [{ id, severity: "resolved" }] : [];
      if (health === "unknown" || quiet) return [];
      const sinceMs = this.#sinceMs.get(id) ?? atMs;
      this.#sinceMs.set(id, sinceMs);
      return !open && atMs - sinceMs >= alertAfterMs ? [{ id, severity: "urgent" }] : [];
    });
  }
}
