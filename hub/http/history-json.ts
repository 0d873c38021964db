/** How things were, as `GET /api/v1/history` and `/api/v1/history/agents` tell it: one schema is check, type and document. */
import { z } from "zod";

export const historyPath = "/api/v1/history";
export const agentHistoryPath = "/api/v1/history/agents";

/** A value a step, the oldest first; null where nothing is known of it. */
const Values = z.array(z.number().nullable());

/** Query: `minutes`, 1 to 1,500, default 1,440; `step`, minutes a value, default 1. */
export const HistoryView = z.strictObject({
  machine: z.string(),
  now: z.string(),
  /** When the first step begins, ISO 8601 in UTC; a whole multiple of the step. */
  from: z.string(),
  stepMs: z.number().int().positive(),
  /**
   * By name: `pushes` (stored a second, by both hubs), `uncopied` (records, greatest), `lag` (of the hub's event loop, ms, greatest), `unhealthy` and
   * `degraded` (agents, greatest), `series` (in the fold), `buffer` (hours that this machine's stores would last, least).
   */
  series: z.record(z.string(), Values),
});
export type HistoryView = z.infer<typeof HistoryView>;

/** Values of each agent, where all are asked for: of 1,000 agents they take 2 MB. */
export const mostAgentValues = 120;

/**
 * Query: `minutes`, default 60; `step`, default the least that gives at most 120 values; `agent`, an id, default all. A step that gives more than 120
 * values is taken for one agent only.
 */
export const AgentHistoryView = z.strictObject({
  machine: z.string(),
  now: z.string(),
  from: z.string(),
  stepMs: z.number().int().positive(),
  /** By `machine/name`; `latencyMs` is the mean of the step's probes, `ill` the share of the step in which it was not healthy, 0 to 1. */
  agents: z.record(z.string(), z.strictObject({ latencyMs: Values, ill: Values })),
});
export type AgentHistoryView = z.infer<typeof AgentHistoryView>;
