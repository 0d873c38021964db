/** Which of its two hubs an agent's next push goes to, by what became of those before. Pure: the caller pushes and tells the time. */
import type { HubThresholds } from "../../../fleet/hub-file.ts";

export type HubRole = "primary" | "fallback";

/** `late`: the deadline came before the answer. */
export type PushOutcome = "ok" | "late" | "failed";

export interface HubChoice {
  /** The hub that the next push goes to first, unless the primary is due for another try. */
  at: HubRole;
  /** Failed pushes in a row at the primary. */
  failures: number;
  /** When the primary last failed, on the caller's clock; of no meaning while `at` is primary. */
  failedMs: number;
}

export const firstChoice: HubChoice = { at: "primary", failures: 0, failedMs: 0 };

/**
 * The hub to try now; a push tries each once at most. It is lost only when both fail it, or while the primary has failed fewer
 * pushes than send them to the fallback.
 *
 * @param tried by this push before
 * @returns undefined when this push has no hub left
 */
export function hubToTry(
  { at, failedMs }: HubChoice,
  tried: readonly HubRole[],
  { retryPrimaryAfterMs }: HubThresholds,
  nowMs: number,
): HubRole | undefined {
  if (at === "primary") return tried.includes("primary") ? undefined : "primary";
  const due = tried.length === 0 && nowMs - failedMs >= retryPrimaryAfterMs;
  const order: HubRole[] = due ? ["primary", "fallback"] : ["fallback", "primary"];
  return order.find((role) => !tried.includes(role));
}

/** What the choice becomes once a hub was tried. */
export function afterPush(
  choice: HubChoice,
  role: HubRole,
  outcome: PushOutcome,
  { failuresBeforeFallback }: HubThresholds,
  nowMs: number,
): HubChoice {
  if (role === "fallback") return choice;
  if (outcome === "ok") return firstChoice;
  const failures = choice.failures + 1;
  const gone = outcome === "late" || failures >= failuresBeforeFallback || choice.at === "fallback";
  return { at: gone ? "fallback" : "primary", failures, failedMs: nowMs };
}
