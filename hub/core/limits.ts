/** The times by which a hub judges its peer, with the reasons for their defaults. */
import { z } from "zod";

export const DetectorLimits = z
  .strictObject({
    /** Between two beats by UDP, ms; TCP and NATS carry every second one. */
    heartbeatMs: z.number().int().positive().default(50),
    /** Silence on every path before suspicion, ms; at least three beats, so that lost packets are forgiven. */
    suspectAfterMs: z.number().int().positive().default(250),
    /** Silence on every path before the verdict `dead`, ms: a hang is known within 600 ms. */
    deadAfterMs: z.number().int().positive().default(500),
  })
  .refine((limits) => limits.suspectAfterMs < limits.deadAfterMs, "suspectAfterMs must stay below deadAfterMs")
  .refine((limits) => limits.heartbeatMs * 3 <= limits.suspectAfterMs, "suspectAfterMs must hold three beats");
export type DetectorLimits = z.infer<typeof DetectorLimits>;
