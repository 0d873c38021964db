/** Turns what probes of one agent saw into its health: forgives one lost answer, believes a refusal and a body at once. */
import type { Health } from "./record.ts";

/** What one probe of an agent saw. */
export type ProbeAnswer =
  /** The agent said how it is; `message` may be empty. */
  | { type: "answered"; health: Exclude<Health, "unknown">; message: string; latencyMs: number }
  /** The kernel of its machine refused or closed the connection. */
  | { type: "refused"; reason: string }
  /** Silence until the deadline, or no way to its machine. */
  | { type: "timeout"; reason: string }
  /** Something listens there, but speaks another protocol than the agent's inventory says. */
  | { type: "wrong-protocol"; reason: string }
  /** The right protocol, but no health that could be read in it. */
  | { type: "malformed"; reason: string };

export interface AgentHealth {
  health: Health;
  /** Since when it has that health. */
  sinceMs: number;
  /** What the agent or the probe said last; empty when there is nothing to say; at most 200 characters. */
  reason: string;
  /** When it was probed last; undefined before the first answer or failure. */
  observedAtMs: number | undefined;
  /** Round trip of the last answered probe; undefined before the first. */
  latencyMs: number | undefined;
  /** Probes in a row without any answer. */
  failures: number;
}

/** Silent probes in a row that make an agent unhealthy: one lost packet or one long collection is forgiven. */
const silentProbes = 2;
const longestReason = 200;

/** All times are monotonic ms of one clock. */
export function startAgentHealth(atMs: number): AgentHealth {
  return {
    health: "unknown",
    sinceMs: atMs,
    reason: "not probed yet",
    observedAtMs: undefined,
    latencyMs: undefined,
    failures: 0,
  };
}

export function stepAgentHealth(state: AgentHealth, answer: ProbeAnswer, atMs: number): AgentHealth {
  switch (answer.type) {
    case "answered": {
      const seen = observe(state, answer.health, answer.message, 0, atMs);
      return { ...seen, latencyMs: answer.latencyMs };
    }
    case "refused":
      return observe(state, "unhealthy", answer.reason, state.failures + 1, atMs);
    case "timeout": {
      const failures = state.failures + 1;
      return observe(state, failures < silentProbes ? state.health : "unhealthy", answer.reason, failures, atMs);
    }
    // Something lives there: calling it dead would move an agent because of a wrong line in the inventory.
    case "wrong-protocol":
    case "malformed":
      return observe(state, "degraded", answer.reason, 0, atMs);
  }
}

/** Whether nothing answers any more: refused at once, silent when it is more than the one probe that is forgiven. */
export function isSilent({ failures }: AgentHealth, { type }: ProbeAnswer): boolean {
  return type === "refused" || (type === "timeout" && failures >= silentProbes);
}

function observe(state: AgentHealth, health: Health, reason: string, failures: number, atMs: number): AgentHealth {
  return {
    health,
    sinceMs: health === state.health ? state.sinceMs : atMs,
    reason: shorten(reason),
    observedAtMs: atMs,
    latencyMs: state.latencyMs,
    failures,
  };
}

function shorten(reason: string): string {
  return reason.length <= longestReason ? reason : `${reason.slice(0, longestReason - 1)}…`;
}
