/** The times by which services move, with the reasons for their defaults. */
import { z } from "zod";

export const FailoverLimits = z.strictObject({
  /**
   * How long a vote for the owner of a single writer counts, ms: as long must the other side wait before it takes. Shorter moves
   * sooner and is lost sooner to a stall of network, witness or judge.
   */
  leaseMs: z.number().int().min(500).default(2_000),
  /** The home must have been well for so long before a service goes back by itself, ms; doubled by each flap. */
  failbackAfterMs: z.number().int().min(0).default(5_000),
  /** Longest wait that flaps can make of it, ms. */
  failbackAtMostMs: z.number().int().min(0).default(300_000),
  /** A flap is forgotten after so long, ms. */
  flapMemoryMs: z.number().int().min(0).default(600_000),
  /** A cold standby may be unhealthy for so long after it was told to start, ms. */
  coldStartMs: z.number().int().min(0).default(30_000),
  /** Before a switchover that is not in sync is given up, ms. */
  switchoverDeadlineMs: z.number().int().min(100).default(10_000),
});
export type FailoverLimits = z.infer<typeof FailoverLimits>;
