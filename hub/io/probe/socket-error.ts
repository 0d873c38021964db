/** Tells from a socket's error whether the agent's machine refused or was not heard at all. */
import type { ProbeAnswer } from "../../core/agent-health.ts";

/** The other kernel's own word: there is a machine, and nobody there wants this connection. */
const refusals = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE"]);

/** @param place host:port, for the reason */
export function answerOfError(error: Error, place: string): ProbeAnswer {
  const code = (error as NodeJS.ErrnoException).code ?? error.message; // node's socket errors carry a code
  if (code === "ECONNREFUSED") return { type: "refused", reason: `${place} refused the connection` };
  if (refusals.has(code)) return closedEarly(place);
  // EHOSTUNREACH, ENETUNREACH, ENOTFOUND and their like say nothing about the agent: that is silence with a reason.
  return { type: "timeout", reason: `${place} cannot be reached (${code})` };
}

export function closedEarly(place: string): ProbeAnswer {
  return { type: "refused", reason: `${place} closed the connection before it answered` };
}
