/** A push as its client remembers it: what it was to do, where it went, and what is known of it. */
import type { MachineName } from "../../support/bare-pair.ts";

export type Outcome =
  /** Answered with 200 or 202, held by both machines or, by the answer's own word, by one. */
  | "peer"
  | "local"
  /** Nothing of it can have been stored: refused, or never sent. */
  | "refused"
  /** No answer, or one that leaves it open: it may take effect, also later. */
  | "unknown";

export interface PushLog {
  /** Unique in the run, and the value of the metrics that it writes. */
  number: number;
  client: number;
  hub: MachineName;
  op: "put" | "post" | "delete";
  /** Name of the job that is the group. */
  job: string;
  /** Names of the metrics that it writes; the others of the group a PUT and a DELETE take away. */
  metrics: string[];
  /** Wall time, ms. */
  sentAtMs: number;
  answeredAtMs: number;
  outcome: Outcome;
  /** Why it was not acknowledged. */
  reason: string;
}

export const isAcknowledged = ({ outcome }: PushLog) => outcome === "peer" || outcome === "local";

/** A hub's process ended at this moment: what it had not stamped by then never takes effect. */
export interface HubDeath {
  hub: MachineName;
  atMs: number;
}

/** A hub that has answered a later request has taken in what came before it, this much time allowed, ms. */
const intakeMs = 1_500;

/**
 * The last moment at which a push can have been stamped. One that was answered was stamped before its answer; one that was
 * not may lie in the socket of a frozen hub, until that hub dies or answers something that was sent later.
 */
export function lastStampMs(push: PushLog, log: readonly PushLog[], deaths: readonly HubDeath[]): number {
  if (push.outcome !== "unknown") return push.answeredAtMs;
  let last = Number.POSITIVE_INFINITY;
  for (const { hub, atMs } of deaths) if (hub === push.hub && atMs >= push.sentAtMs) last = Math.min(last, atMs);
  for (const later of log) {
    if (later.hub !== push.hub || later.sentAtMs < push.sentAtMs || !isAcknowledged(later)) continue;
    last = Math.min(last, later.answeredAtMs + intakeMs);
  }
  return Math.max(last, push.answeredAtMs);
}
