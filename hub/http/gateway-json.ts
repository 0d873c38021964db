/** What a hub answers in the Pushgateway's shapes: one schema is check, type and document. */
import { z } from "zod";
import { HealthAnswer } from "./fleet-calls-json.ts";

const Labels = z.record(z.string(), z.string());

/** A metric family of one group. Numbers are texts, as Go writes them. */
const GatewayFamily = z.strictObject({
  time_stamp: z.string(),
  type: z.string(),
  /** Absent where the push had none. */
  help: z.string().optional(),
  metrics: z.array(
    z.strictObject({
      labels: Labels,
      value: z.string().optional(),
      buckets: Labels.optional(),
      quantiles: Labels.optional(),
      count: z.string().optional(),
      sum: z.string().optional(),
    }),
  ),
});

export const GatewayMetrics = z.strictObject({
  status: z.literal("success"),
  data: z.array(
    z
      .object({ labels: Labels, last_push_successful: z.boolean() })
      // By the name of each family.
      .catchall(GatewayFamily),
  ),
});

export const GatewayStatusAnswer = z.strictObject({
  status: z.literal("success"),
  data: z.strictObject({ build_information: Labels, flags: Labels, start_time: z.string() }),
  health: HealthAnswer,
});
