/** Decides when a connection that is no HTTP leaves a target which was replaced: when it owes nothing, and at the latest after a while. */
import type { RouterLimits } from "./limits.ts";

export interface Drain {
  /** Which side sent the last bytes; null when neither did. */
  lastSpoke: "client" | "target" | null;
  /** Since then, ms. */
  quietMs: number;
  /** Since the target was replaced, ms. */
  drainingMs: number;
}

/** 0 when it is to be closed now, else after how many ms to ask again. */
export function closeInMs({ lastSpoke, quietMs, drainingMs }: Drain, { tcpDrainMs, tcpQuietMs }: RouterLimits): number {
  const leftMs = Math.max(0, tcpDrainMs - drainingMs);
  // Half a conversation is a request without its answer.
  if (lastSpoke === "client") return leftMs;
  return Math.min(leftMs, Math.max(0, tcpQuietMs - quietMs));
}
