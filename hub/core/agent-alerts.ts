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
  /** It stood, and was ended by somebody else while the agent was unhealthy all the time. */
  again?: true;
}

/** An agent that is started anew, or whose need has just come back, is given so long, ms. */
export const alertAfterMs = 5_000;

/** Mutable; one per hub. */
export class AgentAlerts {
  /** Since when each loud agent is unhealthy, monotonic ms, and whether an alert about it has stood since. */
  readonly #since = new Map<string, { atMs: number; stood: boolean }>();

  /** The same turn is said again until the alert stands, or stands no more: storing it may fail. */
  step(agents: readonly AlertSight[], atMs: number): AlertTurn[] {
    return agents.flatMap(({ id, health, quiet, open }): AlertTurn[] => {
      if (health !== "unhealthy" || quiet) this.#since.delete(id);
      if (health === "healthy" || health === "degraded") return open ? [{ id, severity: "resolved" }] : [];
      if (health === "unknown" || quiet) return [];
      const since = this.#since.get(id) ?? { atMs, stood: false };
      const { stood } = since;
      this.#since.set(id, since);
      since.stood = open;
      if (open || atMs - since.atMs < alertAfterMs) return [];
      return [{ id, severity: "urgent", ...(stood && { again: true }) }];
    });
  }
}
