/** The times by which a hub judges its peer, with the reasons for their defaults. */
import { z } from "zod";

export const DetectorLimits = z
  .strictObject({
    /** Between two heartbeats on each path, ms. */
    heartbeatMs: z.number().int().positive().default(100),
    /** Silence on every path before suspicion, ms; at least three heartbeats, so that lost packets are forgiven. */
    suspectAfterMs: z.number().int().positive().default(350),
    /** Silence on every path before the verdict `dead`, ms. */
    deadAfterMs: z.number().int().positive().default(700),
  })
  .refine((limits) => limits.suspectAfterMs < limits.deadAfterMs, "suspectAfterMs must stay below deadAfterMs")
  .refine((limits) => limits.heartbeatMs * 3 <= limits.suspectAfterMs, "suspectAfterMs must hold three heartbeats");
export type DetectorLimits = z.infer<typeof DetectorLimits>;
