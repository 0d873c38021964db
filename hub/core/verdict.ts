/** The judgements a hub may pass on what should answer it, and how the parts of a machine add up to the machine's own. */
import { z } from "zod";

/** `isolated` means that nothing else answers either, so that this hub itself seems cut off. */
export const Verdict = z.enum(["alive", "suspect", "dead", "isolated"]);
export type Verdict = z.infer<typeof Verdict>;

/** A verdict, since when it stands (ms, on whatever clock the caller uses) and why it is not `alive`. */
export interface Judgement {
  verdict: Verdict;
  sinceMs: number;
  reason: string;
}

/** The parts of a machine that are Tandem's own. Agents are judged apart: a dead hub moves no living agent. */
export interface MachineParts {
  hub: Judgement;
  nats: Judgement;
  pushgateway: Judgement;
}

/** A machine as it is judged. */
export interface MachineState {
  judgement: Judgement;
  parts: MachineParts;
}

/** A machine lives while any of its parts does; it is dead when all of them are. */
export function judgeMachine(before: Judgement, parts: MachineParts, atMs: number): Judgement {
  const all = [parts.hub, parts.nats, parts.pushgateway];
  const has = (verdict: Verdict) => all.some((part) => part.verdict === verdict);
  const verdict: Verdict = has("alive") ? "alive" : has("suspect") ? "suspect" : has("isolated") ? "isolated" : "dead";
  const reason = describeParts(parts);
  if (verdict === before.verdict) return before.reason === reason ? before : { ...before, reason };
  return { verdict, sinceMs: atMs, reason };
}

function describeParts(parts: MachineParts): string {
  const silent = [
    parts.hub.verdict === "alive" ? undefined : "hub",
    parts.nats.verdict === "alive" ? undefined : "NATS",
    parts.pushgateway.verdict === "alive" ? undefined : "Pushgateway",
  ].filter((name) => name !== undefined);
  if (silent.length === 0) return "";
  const last = silent.pop();
  return silent.length === 0 ? `${last} does not answer` : `${silent.join(", ")} and ${last} do not answer`;
}
