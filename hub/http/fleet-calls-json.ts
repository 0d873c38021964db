/** What the fleet's dashboards and scripts called before there was a Tandem, and are answered: one schema is check, type and document. */
import { z } from "zod";
import { AgentView, AlertView } from "./api.ts";

export const healthPath = "/health";
export const healthSummaryPath = "/health_summary";
export const alertsPath = "/alerts";
export const agentsPath = "/api/v1/agents";

/** The words of the fleet's agents. */
const Status = z.enum(["ok", "degraded", "error"]);

/** The health of one thing, as the fleet's agents answer for theirs. */
export const HealthAnswer = z.strictObject({
  status: Status,
  /** Whether the hub takes pushes. */
  ready: z.boolean(),
  message: z.string(),
  /** ISO 8601 in UTC. */
  timestamp: z.string(),
  /** Seconds since the hub's start. */
  uptime: z.number(),
  /** @example "ObservabilityHub" */
  agent: z.string(),
  machine: z.string(),
  version: z.string(),
});
export type HealthAnswer = z.infer<typeof HealthAnswer>;

const Counts = z.strictObject({
  total: z.number().int(),
  ok: z.number().int(),
  degraded: z.number().int(),
  error: z.number().int(),
  /** Not heard of yet. */
  unknown: z.number().int(),
});

export const HealthSummary = z.strictObject({
  /** The worst of what the fleet is: `error` where a machine is lost or an agent does not work. */
  status: Status,
  timestamp: z.string(),
  ...Counts.shape,
  machines: z.record(
    z.string(),
    z.strictObject({
      status: Status,
      /** Why the machine is not well; empty when it is. */
      message: z.string(),
      ...Counts.shape,
    }),
  ),
});
export type HealthSummary = z.infer<typeof HealthSummary>;

export const AlertsAnswer = z.strictObject({
  timestamp: z.string(),
  count: z.number().int(),
  alerts: z.array(AlertView),
});
export type AlertsAnswer = z.infer<typeof AlertsAnswer>;

export const AgentsAnswer = z.strictObject({
  timestamp: z.string(),
  count: z.number().int(),
  agents: z.array(
    z.strictObject({
      name: z.string(),
      machine: z.string(),
      group: z.string(),
      status: z.enum([...Status.options, "unknown"]),
      /** What the agent or its probe said last. */
      message: z.string(),
      /** Since when it is so. */
      since: z.string(),
      latency_ms: AgentView.shape.latencyMs,
      health_address: z.string(),
    }),
  ),
});
export type AgentsAnswer = z.infer<typeof AgentsAnswer>;
