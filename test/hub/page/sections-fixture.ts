/** What a hub tells beside fleet and ledger, well by default; each is parsed by its schema, so that it cannot drift from it. */
import { z } from "zod";
import { buildGraph } from "../../../fleet/graph.ts";
import { requireFleet } from "../../../fleet/load.ts";
import { runbookPath } from "../../../hub/core/alert-names.ts";
import { AlertsView, type AlertView, ServiceJson } from "../../../hub/http/api.ts";
import { DocumentsView, DocumentView } from "../../../hub/http/documents-json.ts";
import { GraphView } from "../../../hub/http/graph-json.ts";
import { AgentHistoryView, HistoryView } from "../../../hub/http/history-json.ts";
import { SilenceView } from "../../../hub/http/notifications-json.ts";
import { ObjectivesView } from "../../../hub/http/objectives-json.ts";
import { TimelineEntry, TimelineView } from "../../../hub/http/timeline-json.ts";
import type { Sections } from "../../../hub/page/sections.ts";
import { DrillFigures } from "../../../ops/drill/figures.ts";
import { AgentMigration, waiting } from "../../../ops/migrate/state.ts";
import { ago, fleetView } from "./fixture.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const machine = "pc2";
const now = ago(0);

/** All that a hub of this version tells. */
export function sectionsView(): Required<Sections> {
  return {
    alerts: alertsView(),
    silences: [],
    services: servicesView(),
    timeline: timelineView(),
    objectives: objectivesView(),
    graph: graphView(),
    migration: migrationView(),
    drills: drillsView(),
    agentHistory: agentHistoryView(fleetView().agents.map(({ machine, name }) => `${machine}/${name}`)),
    history: historyView(),
  };
}

export const alertsView = (...alerts: AlertView[]): AlertsView => AlertsView.parse({ machine, now, alerts });

export const alert = (name: string, subject: string, message: string, change: Partial<AlertView> = {}): AlertView => ({
  name,
  subject,
  message,
  severity: "urgent",
  since: ago(12_000),
  runbook: runbookPath(name),
  ...change,
});

export const silence = (target: string): SilenceView =>
  SilenceView.parse({
    target,
    since: ago(5 * minute),
    until: ago(-hour),
    reason: "a new disk comes at noon",
    by: "ann",
  });

/** Those of the fleet's agents that have a standby, each at home; cold standbys are stopped. */
export function servicesView(): ServiceJson[] {
  const placed = requireFleet().agents.filter(({ standby }) => standby !== undefined);
  return placed.map((agent) => {
    const standby = agent.machine === "mainpc" ? "pc2" : "mainpc";
    const place = (port: number, health = "healthy") => ({ host: "127.0.0.1", port, health });
    const atStandby = agent.mode === "cold" ? "unhealthy" : "healthy";
    return ServiceJson.parse({
      name: agent.name,
      home: agent.machine,
      standby,
      mode: agent.mode,
      singleWriter: agent.singleWriter?.value ?? false,
      owner: agent.machine,
      epoch: agent.machine === "mainpc" ? 2 : 1,
      state: "home",
      acts: agent.machine === machine,
      reason: "",
      route: agent.route ?? null,
      instances: { [agent.machine]: place(agent.port), [standby]: place(agent.standby?.port ?? 0, atStandby) },
    });
  });
}

/** mainpc's services were taken over by pc2, but for one that holds still. */
export function takenOver(services: ServiceJson[]): ServiceJson[] {
  return services.map((service) => {
    if (service.home !== "mainpc") return service;
    const { mainpc, pc2 } = service.instances;
    const gone = { mainpc: { ...mainpc, health: "unhealthy" }, pc2: { ...pc2, health: "healthy" } };
    const held = service.name === "RequestCoordinator";
    return ServiceJson.parse({
      ...service,
      instances: gone,
      ...(held
        ? { state: "held", reason: "the witness does not answer, so the lease of mainpc cannot be known to be over" }
        : { state: "away", owner: "pc2", epoch: 3, acts: true }),
    });
  });
}

export function timelineView(...more: TimelineEntry[]): TimelineView {
  const entries = [
    entry(1, 2 * hour, "resolved", "well", "hub-lost", "mainpc", "ObservabilityHub answers again"),
    entry(2, 2 * hour + 8 * minute, "move", "note", "moved", "TTSService", "from pc2 to mainpc, epoch 4: it goes home"),
    entry(3, 2 * hour + 31 * minute, "link", "well", "link-healed", "pc2", "mainpc and pc2 hear each other again"),
    entry(4, 3 * hour, "alert", "trouble", "hub-lost", "mainpc", "ObservabilityHub does not answer: no beat for 5 s"),
    entry(5, 3 * hour + 200, "move", "watch", "moved", "TTSService", "from mainpc to pc2, epoch 3: mainpc is dead"),
    entry(6, day, "drill", "note", "drill-ended", "mainpc", "6 faults, nothing lost, failover at most 1.2 s"),
    entry(7, day + hour, "deploy", "note", "deployed", "pc2", "0.1.0 runs on pc2"),
    entry(8, 2 * day, "maintenance", "note", "maintenance-over", "pc2/TutorAgent", "ann ended it"),
    entry(9, 2 * day + hour, "hub", "note", "hub-started", "pc2", "EdgeHub started"),
  ];
  const all = [...more, ...entries].sort((a, b) => (a.at < b.at ? 1 : -1));
  return TimelineView.parse({ machine, now, reachesBackTo: ago(7 * day), entries: all });
}

export const entry = (
  seq: number,
  agoMs: number,
  kind: TimelineEntry["kind"],
  tone: TimelineEntry["tone"],
  name: string,
  subject: string,
  text: string,
): TimelineEntry =>
  TimelineEntry.parse({
    id: `pc2:0mb1zx4k7-a1b2c3:${seq}`,
    at: ago(agoMs),
    origin: "pc2",
    kind,
    tone,
    name,
    subject,
    text,
  });

export function objectivesView(): ObjectivesView {
  const objective = (name: string, target: number, badOf: (at: number) => number, burning = "no") => {
    const days = Array.from({ length: 60 }, (_, at) => ({
      day: new Date(Date.parse(now) - (59 - at) * day).toISOString().slice(0, 10),
      total: 17_280,
      bad: badOf(at),
    }));
    const month = days.slice(-30);
    const [total, bad] = [month.length * 17_280, month.reduce((sum, each) => sum + each.bad, 0)];
    return {
      name,
      target,
      windowDays: 30,
      total,
      bad,
      availability: 1 - bad / total,
      budgetLeft: 1 - bad / (total * (1 - target)),
      burnRates: [
        { window: "5m", rate: burning === "no" ? 0 : 16.2 },
        { window: "1h", rate: burning === "no" ? 0 : 14.9 },
        { window: "6h", rate: burning === "no" ? 0.1 : 3.1 },
        { window: "3d", rate: 0.4 },
      ],
      burning,
      days,
    };
  };
  const objectives = [
    objective("pair", 0.9995, () => 0),
    objective("TTSService", 0.999, (at) => (at === 52 ? 700 : at % 17 === 0 ? 40 : 1), "urgent"),
    objective("ServiceRegistry", 0.999, (at) => (at % 11 === 0 ? 20 : 0)),
    { ...objective("NLUAgent", 0.99, () => 0), total: 0, bad: 0, availability: null, budgetLeft: 1, days: [] },
  ];
  return ObjectivesView.parse({ machine, now, objectives });
}

export function graphView(): GraphView {
  const { needs } = buildGraph(requireFleet().agents);
  return GraphView.parse({ machine, agents: [...needs].map(([id, all]) => ({ id, needs: all })) });
}

/** @param ids of the agents */
export function agentHistoryView(ids: readonly string[]): AgentHistoryView {
  const steps = Array.from({ length: 30 }, (_, at) => at);
  const agents = ids.map((id, each) => [
    id,
    {
      latencyMs: steps.map((at) => (at < 2 ? null : Math.round(100 * (1 + ((at * 7 + each * 13) % 23) / 8)) / 100)),
      ill: steps.map((at) => (each % 9 === 0 && at === 20 ? 0.4 : 0)),
    },
  ]);
  return AgentHistoryView.parse({
    machine,
    now,
    from: ago(hour),
    stepMs: 2 * minute,
    agents: Object.fromEntries(agents),
  });
}

export function historyView(): HistoryView {
  const steps = Array.from({ length: 288 }, (_, at) => at);
  const hump = (at: number, from: number, size: number) => (at >= from && at < from + 9 ? size * (at - from + 1) : 0);
  return HistoryView.parse({
    machine,
    now,
    from: ago(day),
    stepMs: 5 * minute,
    series: {
      pushes: steps.map((at) => (at < 30 ? null : 40 + 12 * Math.sin(at / 20) + ((at * 31) % 7))),
      uncopied: steps.map((at) => (at < 30 ? null : hump(at, 250, 24))),
      unhealthy: steps.map((at) => (at < 30 ? null : at > 250 && at < 256 ? 2 : 0)),
      degraded: steps.map(() => 0),
      lag: steps.map((at) => (at < 30 ? null : 4 + ((at * 17) % 11))),
      series: steps.map(() => 1_240),
      buffer: steps.map(() => 31),
    },
  });
}

const document = (key: string, value: unknown) =>
  DocumentView.parse({ key, revision: `r-${key}`, at: ago(hour), by: "ann", value });

function migrationView(): DocumentsView {
  const agents = fleetView().agents.slice(0, 20);
  const documents = agents.map(({ machine: on, name }, at) => {
    const start = waiting(`${on}/${name}`, at < 10 ? "first" : "second", Date.parse(ago(9 * minute)));
    const stage = at < 9 ? "done" : at === 9 ? "undone" : at === 10 ? "shadow" : "waiting";
    const why = stage === "undone" ? "its latency rose from 2 ms to 31 ms" : "";
    return document(start.agent, AgentMigration.parse({ ...start, stage, why }));
  });
  return DocumentsView.parse({ machine, documents });
}

function drillsView(): DocumentsView {
  const spread = (p50: number, p95: number, max: number) => ({ p50, p95, max });
  const figures = DrillFigures.parse({
    runs: 12,
    detectionMs: spread(180, 520, 540),
    failoverMs: spread(610, 1_180, 1_240),
    outageMs: spread(300, 1_400, 1_460),
    recoveryMs: spread(2_100, 4_800, 5_300),
    acknowledged: 48_211,
    lost: 0,
    breaches: [],
  });
  const kept = z.json().parse({ v: 1, at: ago(day), by: "ann", figures });
  return DocumentsView.parse({ machine, documents: [document("last", kept), document("slot-000", kept)] });
}
