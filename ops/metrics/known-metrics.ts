/** Every metric that hub, router, supervisor and agents show, read from the very registries that show them. */
import type { Registry } from "prom-client";
import { z } from "zod";
import { OwnMetrics, type OwnMetricsSources } from "../../hub/http/own-metrics.ts";
import { RouterMetrics } from "../../hub/router/router-metrics.ts";
import { SupervisorMetrics } from "../../hub/supervisor/metrics.ts";
import { AgentMetrics } from "../local/agents/agent-metrics.ts";

const Known = z.object({
  name: z.string(),
  type: z.enum(["counter", "gauge", "histogram", "summary"]),
  help: z.string(),
  labelNames: z.array(z.string()),
});
export type KnownMetric = z.infer<typeof Known>;

export interface MetricsOf {
  what: string;
  metrics: KnownMetric[];
}

export function knownMetrics(): MetricsOf[] {
  return [
    { what: "hub", metrics: metricsIn(hubRegistry()) },
    { what: "router", metrics: metricsIn(new RouterMetrics(() => []).registry) },
    { what: "supervisor", metrics: metricsIn(new SupervisorMetrics("").registry) },
    { what: "agent", metrics: metricsIn(agentRegistry()).filter(({ name }) => name.startsWith("tandem_")) },
  ];
}

function metricsIn(registry: Registry): KnownMetric[] {
  return registry
    .getMetricsAsArray()
    .map((metric) => Known.parse(metric))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Sources are read when a metric is collected, which none of these is; until then any will do. */
function hubRegistry(): Registry {
  const folder = "/";
  const sources = new Proxy({ folder }, { get: (_, name) => (name === "folder" ? folder : () => 0) });
  return new OwnMetrics(sources as unknown as OwnMetricsSources).registry; // as far as they are read
}

function agentRegistry(): Registry {
  const metrics = new AgentMetrics(0);
  metrics.followHubFile(1);
  return metrics.registry;
}
