/** Tells from a socket's error whether the agent's machine refused, was not heard at all, or speaks something else than HTTP. */
import type { ProbeAnswer } from "../../core/agent-health.ts";

/** The other kernel's own word: there is a machine, and nobody there wants this connection. */
const refusals = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE"]);

/** An answer that says why there is none to show. */
type Unanswered = Extract<ProbeAnswer, { type: "refused" | "timeout" | "wrong-protocol" }>;

/** @param place host:port, for the reason */
export function answerOfError(error: Error, place: string): Unanswered {
  const code = (error as NodeJS.ErrnoException).code ?? error.message; // node's socket errors carry a code
  if (code === "ECONNREFUSED") return { type: "refused", reason: `${place} refused the connection` };
  if (refusals.has(code)) return closedEarly(place);
  // EHOSTUNREACH, ENETUNREACH, ENOTFOUND and their like say nothing about the agent: that is silence with a reason.
  return { type: "timeout", reason: `${place} cannot be reached (${code})` };
}

export function closedEarly(place: string): Unanswered {
  return { type: "refused", reason: `${place} closed the connection before it answered` };
}

/** Undefined when it is no such error. Node's parser names bytes that are no HTTP by codes that begin with HPE. */
export function foreignAnswer(error: Error, place: string): Unanswered | undefined {
  if (!("code" in error && typeof error.code === "string" && error.code.startsWith("HPE_"))) return undefined;
  const packet = "rawPacket" in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : Buffer.alloc(0);
  const what = packet[0] === 0xff ? "a ZeroMQ socket answers" : "what answers is not HTTP";
  return { type: "wrong-protocol", reason: `${place}: ${what} where HTTP is expected` };
}
