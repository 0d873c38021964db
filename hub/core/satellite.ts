/** Judges a machine that has nothing of Tandem's but agents: it lives while any of them answers. */
import type { AgentStatus } from "./fleet-health.ts";
import type { Judgement, Verdict } from "./verdict.ts";

/** `unknown` as long as nothing there was asked, or nothing there can be. */
export type SatelliteVerdict = Verdict | "unknown";
export type SatelliteJudgement = Omit<Judgement, "verdict"> & { verdict: SatelliteVerdict };

export interface SatelliteSight {
  agents: readonly Pick<AgentStatus, "health" | "latencyMs">[];
  /** Whether no reference address answers this hub either. */
  cutOff: boolean;
  /** Monotonic. */
  atMs: number;
}

/**
 * Suspicion becomes death after this long, ms: a single agent that is started anew refuses for a moment, and two silent
 * probes have gone before each of them counts as silent.
 */
export const satelliteDeadAfterMs = 5_000;

export const startSatellite = (atMs: number): SatelliteJudgement => ({
  verdict: "unknown",
  sinceMs: atMs,
  reason: "its agents have not been asked yet",
});

export function judgeSatellite(before: SatelliteJudgement, sight: SatelliteSight): SatelliteJudgement {
  const [verdict, reason] = judge(before, sight);
  if (verdict !== before.verdict) return { verdict, sinceMs: sight.atMs, reason };
  return reason === before.reason ? before : { ...before, reason };
}

function judge(
  before: SatelliteJudgement,
  { agents, cutOff, atMs }: SatelliteSight,
): [verdict: SatelliteVerdict, reason: string] {
  if (agents.length === 0) return ["unknown", "it has no agents that could be asked"];
  if (agents.some(answers)) return ["alive", ""];
  const asked = agents.filter(({ health }) => health !== "unknown").length;
  if (asked === 0) return ["unknown", "its agents have not been asked yet"];
  if (cutOff) return ["isolated", "neither its agents nor any reference address answers"];
  if (asked < agents.length)
    return ["suspect", `none of its agents asked so far answers (${asked} of ${agents.length})`];
  const silent = agents.length === 1 ? "its one agent does not answer" : `none of its ${agents.length} agents answers`;
  const isDead =
    before.verdict === "dead" || (before.verdict === "suspect" && atMs - before.sinceMs >= satelliteDeadAfterMs);
  return [isDead ? "dead" : "suspect", silent];
}

/** An agent that says itself that it is ill has answered, as the round trip of its last probe shows. */
const answers = ({ health, latencyMs }: SatelliteSight["agents"][number]) =>
  health === "healthy" || health === "degraded" || latencyMs !== undefined;
