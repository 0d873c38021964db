/** The health of every agent as this hub knows it: what it observed itself, and what the peer's hub reported. */
import { type AgentHealth, isSilent, type ProbeAnswer, startAgentHealth, stepAgentHealth } from "./agent-health.ts";
import type { HealthReport } from "./heartbeat.ts";
import type { Health } from "./record.ts";

/** Times are monotonic ms of this hub. */
export interface AgentStatus {
  id: string;
  health: Health;
  sinceMs: number;
  reason: string;
  observedAtMs: number | undefined;
  /** Round trip of the last answer; undefined before the first, and once nothing answers any more. */
  latencyMs: number | undefined;
  /** Machine whose hub made the observation; undefined before the first. */
  observedBy: string | undefined;
}

export interface HealthTurn {
  from: Health;
  status: AgentStatus;
}

/** Mutable; one per hub. Ids that are not of the fleet are ignored. */
export class FleetHealth {
  readonly #self: string;
  readonly #own = new Map<string, AgentHealth>();
  readonly #statuses = new Map<string, AgentStatus>();
  readonly #remembered = new Map<string, { health: Health; sinceMs: number }>();

  /** @param ids `machine/name` of every agent */
  constructor(self: string, ids: readonly string[], atMs: number) {
    this.#self = self;
    for (const id of ids) {
      this.#statuses.set(id, {
        id,
        health: "unknown",
        sinceMs: atMs,
        reason: "not asked yet",
        observedAtMs: undefined,
        latencyMs: undefined,
        observedBy: undefined,
      });
    }
  }

  status(id: string): AgentStatus | undefined {
    return this.#statuses.get(id);
  }

  /** This hub probed the agent. Returns the turn when the health is another than before. */
  observed(id: string, answer: ProbeAnswer, atMs: number): HealthTurn | undefined {
    const before = this.#own.get(id) ?? startAgentHealth(atMs);
    const state = stepAgentHealth(before, answer, atMs);
    this.#own.set(id, state);
    // A first silence is forgiven: what was known before stands until the second.
    if (state.health === "unknown") return undefined;
    return this.#set({
      id,
      health: state.health,
      sinceMs: state.sinceMs,
      reason: state.reason,
      observedAtMs: state.observedAtMs ?? undefined,
      latencyMs: isSilent(state, answer) ? undefined : state.latencyMs,
      observedBy: this.#self,
    });
  }

  /** The peer's hub probed the agent. `nowWallMs` is this machine's wall time at `atMs`. */
  reported(report: HealthReport, by: string, atMs: number, nowWallMs: number): HealthTurn | undefined {
    this.#own.delete(report.id);
    return this.#set({
      id: report.id,
      health: report.health,
      sinceMs: atMs - Math.max(0, nowWallMs - report.sinceWallMs),
      reason: report.reason,
      observedAtMs: report.observedAgoMs === null ? undefined : atMs - report.observedAgoMs,
      latencyMs: report.latencyMs ?? undefined,
      observedBy: by,
    });
  }

  /** What the last stored change says: gives its age to a health that has not turned while this hub was away. */
  remember(id: string, health: Health, sinceMs: number): void {
    this.#remembered.set(id, { health, sinceMs });
  }

  /** For the peer: of the agents that this hub probes, all, or those named. */
  reports(ids: Iterable<string>, atMs: number, nowWallMs: number): HealthReport[] {
    const result: HealthReport[] = [];
    for (const id of ids) {
      const status = this.#statuses.get(id);
      if (status === undefined || status.observedBy !== this.#self) continue;
      result.push({
        id,
        health: status.health,
        sinceWallMs: nowWallMs - (atMs - status.sinceMs),
        observedAgoMs: status.observedAtMs === undefined ? null : atMs - status.observedAtMs,
        latencyMs: status.latencyMs ?? null,
        reason: status.reason,
      });
    }
    return result;
  }

  #set(next: AgentStatus): HealthTurn | undefined {
    const before = this.#statuses.get(next.id);
    if (before === undefined) return undefined;
    if (before.health === next.health) {
      this.#statuses.set(next.id, { ...next, sinceMs: Math.min(before.sinceMs, next.sinceMs) });
      return undefined;
    }
    const remembered = before.observedBy === undefined ? this.#remembered.get(next.id) : undefined;
    if (remembered?.health === next.health) {
      this.#statuses.set(next.id, { ...next, sinceMs: Math.min(remembered.sinceMs, next.sinceMs) });
      return undefined;
    }
    this.#statuses.set(next.id, next);
    return { from: remembered?.health ?? before.health, status: next };
  }
}
