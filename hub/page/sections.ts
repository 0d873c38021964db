/** What the page shows beside fleet and ledger. Each part is told by an endpoint of its own, which an older hub does not have. */
import type { AlertsView, ServiceJson } from "../http/api.ts";
import type { DocumentsView } from "../http/documents-json.ts";
import type { GraphView, graphPath } from "../http/graph-json.ts";
import type { AgentHistoryView, agentHistoryPath, HistoryView, historyPath } from "../http/history-json.ts";
import type { SilenceView, silencesPath } from "../http/notifications-json.ts";
import type { ObjectivesView, objectivesPath } from "../http/objectives-json.ts";
import type { TimelineView, timelinePath } from "../http/timeline-json.ts";

/** What a hub can tell without being asked for more: it renders these into the page. */
export interface Sections {
  alerts?: AlertsView;
  silences?: SilenceView[];
  services?: ServiceJson[];
  timeline?: TimelineView;
  objectives?: ObjectivesView;
  graph?: GraphView;
  /** One document an agent. */
  migration?: DocumentsView;
  /** The last one, among others. */
  drills?: DocumentsView;
  /** Read by the script only, since they are large. */
  agentHistory?: AgentHistoryView;
  history?: HistoryView;
}

export type SectionName = keyof Sections;

/** How a section came: of one that is not told any more the last value stays, and is shown as old. */
export interface Reading {
  /** When its value was told, monotonic ms of the browser. */
  atMs: number;
  /** Why the hub does not tell it now, in the hub's words; empty when it does. */
  refusal: string;
}
export type Readings = Partial<Record<SectionName, Reading>>;

/** Where each is read, and how often, ms. The paths are written out, since the modules that name them hold schemas, too large for a browser. What events bring is read seldom: in case one was lost. */
export const sources: Record<SectionName, { path: string; everyMs: number }> = {
  alerts: { path: "/api/v1/alerts", everyMs: 5_000 },
  silences: { path: "/api/v1/silences" satisfies typeof silencesPath, everyMs: 10_000 },
  services: { path: "/api/v1/services", everyMs: 5_000 },
  timeline: { path: "/api/v1/timeline" satisfies typeof timelinePath, everyMs: 60_000 },
  objectives: { path: "/api/v1/objectives" satisfies typeof objectivesPath, everyMs: 30_000 },
  graph: { path: "/api/v1/graph" satisfies typeof graphPath, everyMs: 600_000 },
  migration: { path: "/api/v1/documents/migration", everyMs: 15_000 },
  drills: { path: "/api/v1/documents/drills", everyMs: 300_000 },
  agentHistory: { path: "/api/v1/history/agents" satisfies typeof agentHistoryPath, everyMs: 120_000 },
  history: { path: "/api/v1/history?minutes=1440&step=1" satisfies `${typeof historyPath}?${string}`, everyMs: 60_000 },
};

/** A section that was not told for this many of its periods is shown as old. */
const periodsUntilOld = 3;

/** Whether what is shown of a section may be wrong by now. */
export const isOld = (name: SectionName, reading: Reading | undefined, nowMs: number): boolean =>
  reading !== undefined && nowMs - reading.atMs > periodsUntilOld * sources[name].everyMs;
