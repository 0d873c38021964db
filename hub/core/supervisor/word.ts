/** What the hub tells the supervisor of a service: whether it may run on this machine, of which epoch, and until when. */
import { z } from "zod";
import { Epoch } from "../failover/epoch.ts";

export const ServiceWord = z.strictObject({
  service: z.string().min(1).max(200),
  epoch: Epoch,
  /** Whether this machine's instance is to run. */
  run: z.boolean(),
  /** End of the lease, on the machine's monotonic clock, ms; null where no lease bounds it. */
  untilMonoMs: z.number().nonnegative().nullable(),
});
export type ServiceWord = z.infer<typeof ServiceWord>;

export const ServiceWords = z.array(ServiceWord).max(1_000);

/** A word of an epoch that is over: it changes nothing. */
export const RefusedWord = z.strictObject({
  service: z.string(),
  epoch: z.number(),
  /** The highest that was heard of, and stands on disk. */
  known: z.number(),
});
export type RefusedWord = z.infer<typeof RefusedWord>;

export const SupervisedService = z.strictObject({
  service: z.string(),
  epoch: z.number(),
  /** What the last word said. */
  run: z.boolean(),
  untilMonoMs: z.number().nullable(),
  running: z.boolean(),
  /** Why it is not as it should be; empty when it is. */
  problem: z.string(),
});
export type SupervisedService = z.infer<typeof SupervisedService>;

export const SupervisorAnswer = z.strictObject({
  services: z.array(SupervisedService),
  refused: z.array(RefusedWord),
});
export type SupervisorAnswer = z.infer<typeof SupervisorAnswer>;
