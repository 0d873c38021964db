/**
 * Answers what a fleet's dashboards and scripts call on a hub from before: `/health`, `/health_summary`, `/alerts`, `/api/v1/agents`
 * and remote write, in the words of the fleet's own agents.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Health } from "../core/record.ts";
import type { AgentView, AlertsView, FleetView } from "./api.ts";
import {
  type AgentsAnswer,
  type AlertsAnswer,
  agentsPath,
  alertsPath,
  type HealthAnswer,
  type HealthSummary,
  healthPath,
  healthSummaryPath,
} from "./fleet-calls-json.ts";
import { type Answer, notAllowed, pathOf, reads, sendAnswer } from "./orders.ts";

export interface FleetCalls {
  /** Why the hub takes no pushes yet; undefined when it does. */
  unready(): string | undefined;
  fleet(): FleetView;
  alerts(): AlertsView;
  /** Wall time of the hub's start, ms. */
  startedAtMs: number;
}

const writePath = "/api/v1/write";

/**
 * Remote write sends samples of a name series by series, without their types and in pieces, while a push replaces all of a name in its group:
 * taken as pushes, each piece would delete the one before.
 */
const noRemoteWrite =
  "a hub takes no remote write: push the metrics as text with PUT or POST to /metrics/job/<job>/instance/<instance>, " +
  "or let a Prometheus scrape this hub's /metrics and write from there";

/** The handler resolves with false, without an answer given, when the path is none of these. */
export function createFleetCalls(
  options: FleetCalls,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const answers: Record<string, () => Answer> = {
    [healthPath]: () => {
      const body = healthAnswer(options);
      return { status: body.status === "error" ? 503 : 200, body };
    },
    [healthSummaryPath]: () => ({ status: 200, body: healthSummary(options.fleet()) }),
    [alertsPath]: () => alertsAnswer(options),
    [agentsPath]: () => ({ status: 200, body: agentsAnswer(options.fleet()) }),
  };
  return async (request, response) => {
    const path = pathOf(request);
    if (path === writePath) {
      refuseWrite(request, response);
      return true;
    }
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (answer === undefined) return false;
    sendAnswer(request, response, reads(request) ? answer() : notAllowed("GET"));
    return true;
  };
}

/** `degraded` where a push is taken but stands on one machine only, or what the hub needs is not there. */
export function healthAnswer({ unready, fleet, startedAtMs }: Omit<FleetCalls, "alerts">): HealthAnswer {
  const { machine, hub, version, now, sync, machines } = fleet();
  const reason = unready();
  const own = machines[machine];
  const flaws = [own?.nats, own?.pushgateway].flatMap((part) =>
    part === undefined || part.verdict === "alive" ? [] : [`${part.url} is ${part.verdict}: ${part.reason}`],
  );
  if (sync.state === "degraded") flaws.push(`degraded: ${sync.reason}`);
  return {
    status: reason !== undefined ? "error" : flaws.length > 0 ? "degraded" : "ok",
    ready: reason === undefined,
    message: reason ?? (flaws.length > 0 ? flaws.join("; ") : "in sync"),
    timestamp: now,
    uptime: Math.max(0, Math.round(Date.parse(now) - startedAtMs) / 1_000),
    agent: hub,
    machine,
    version,
  };
}

export function healthSummary({ agents, machines, satellites, now }: FleetView): HealthSummary {
  const judged = Object.entries({ ...machines, ...satellites }).map(([name, { verdict, reason }]) => {
    const counts = countsOf(agents.filter(({ machine }) => machine === name));
    const status = verdict === "dead" ? "error" : verdict === "alive" ? worstOf(counts) : worse("degraded", counts);
    return [name, { status, message: reason, ...counts }] as const;
  });
  const counts = countsOf(agents);
  const statuses = judged.map(([, { status }]) => status);
  const status = statuses.includes("error") ? "error" : statuses.includes("degraded") ? "degraded" : worstOf(counts);
  return { status, timestamp: now, ...counts, machines: Object.fromEntries(judged) };
}

function alertsAnswer({ unready, alerts }: FleetCalls): Answer {
  // An empty list would say that all is well.
  const reason = unready();
  if (reason !== undefined) return { status: 503, body: { error: reason } };
  const { now, alerts: standing } = alerts();
  const body: AlertsAnswer = { timestamp: now, count: standing.length, alerts: standing };
  return { status: 200, body };
}

const agentsAnswer = ({ now, agents }: FleetView): AgentsAnswer => ({
  timestamp: now,
  count: agents.length,
  agents: agents.map(({ name, machine, group, health, reason, since, latencyMs, probe }) => ({
    name,
    machine,
    group,
    status: statusOf[health],
    message: reason,
    since,
    latency_ms: latencyMs,
    health_address: probe.address,
  })),
});

type Counts = Omit<HealthSummary, "status" | "timestamp" | "machines">;

const statusOf = { healthy: "ok", degraded: "degraded", unhealthy: "error", unknown: "unknown" } as const satisfies {
  [health in Health]: string;
};

function countsOf(agents: readonly AgentView[]): Counts {
  const counts: Counts = { total: agents.length, ok: 0, degraded: 0, error: 0, unknown: 0 };
  for (const { health } of agents) counts[statusOf[health]]++;
  return counts;
}

const worstOf = (counts: Counts) => worse("ok", counts);

/** What nobody has heard of yet is not known to be well. */
function worse(least: "ok" | "degraded", { degraded, error, unknown }: Counts): HealthSummary["status"] {
  return error > 0 ? "error" : degraded + unknown > 0 ? "degraded" : least;
}

/** The body, which nobody reads, is let pass, so that its sender gets to read the answer. */
function refuseWrite(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("connection", "close");
  request.resume();
  const { status, text } =
    request.method === "POST"
      ? { status: 501, text: noRemoteWrite }
      : { status: 405, text: `${writePath} would take POST; but ${noRemoteWrite}` };
  if (status === 405) response.setHeader("allow", "POST");
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(request.method === "HEAD" ? undefined : `${text}\n`);
}
