/** What availability is promised and what is left of the budget, as `GET /api/v1/objectives` tells it: one schema is check, type and document. */
import { z } from "zod";

export const objectivesPath = "/api/v1/objectives";

export const ObjectiveDay = z.strictObject({
  /** UTC. @example "2026-03-01" */
  day: z.string(),
  /** Probes from outside. */
  total: z.number().int(),
  /** Those that got no good answer in time. */
  bad: z.number().int(),
});

export const BurnRate = z.strictObject({
  /** @example "5m" */
  window: z.string(),
  /** 1 uses up the budget just in the objective's window; null until enough was asked to say so. */
  rate: z.number().nullable(),
});

export const ObjectiveView = z.strictObject({
  /** `pair`: a client that knows both hubs is served by one of them; else a service's name. */
  name: z.string(),
  /** Share of good probes that is promised, 0 to 1. @example 0.999 */
  target: z.number(),
  windowDays: z.number(),
  /** In the window. */
  total: z.number().int(),
  bad: z.number().int(),
  /** Share of good probes in the window; null without a probe. */
  availability: z.number().nullable(),
  /** Share of the error budget that is left, 1 to minus infinity: 0 is used up. */
  budgetLeft: z.number(),
  burnRates: z.array(BurnRate),
  /** How fast it burns by the pairs of windows that alert: `urgent` at 14.4 or 6, `warning` at 1. */
  burning: z.enum(["no", "warning", "urgent"]),
  /** At most 90, the oldest first; days without a probe are left out. */
  days: z.array(ObjectiveDay),
});
export type ObjectiveView = z.infer<typeof ObjectiveView>;

export const ObjectivesView = z.strictObject({
  machine: z.string(),
  now: z.string(),
  objectives: z.array(ObjectiveView),
});
export type ObjectivesView = z.infer<typeof ObjectivesView>;
