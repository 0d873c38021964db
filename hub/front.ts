/** Ties the hub's parts to what answers its requests: the push API, the metrics, the views and the page. */
import type { IncomingMessage } from "node:http";
import { hostname } from "node:os";
import type { Access } from "./access/access.ts";
import type { Alerting } from "./alerting.ts";
import type { HubConfig } from "./config.ts";
import type { Candidate, Fold } from "./core/fold/fold.ts";
import type { Refused } from "./core/refused.ts";
import { alertsView } from "./http/alerts-view.ts";
import { createDocumentsApi, documentsView } from "./http/documents-api.ts";
import type { Front } from "./http/entrance.ts";
import type { EventFeed } from "./http/events.ts";
import { createFleetCalls, healthAnswer } from "./http/fleet-calls.ts";
import { gatewayStatusJson } from "./http/gateway-status.ts";
import { graphView } from "./http/graph-view.ts";
import { createHubFront } from "./http/hub-front.ts";
import { openApiText } from "./http/openapi-text.ts";
import { refusalOf, type SignedIn } from "./http/orders.ts";
import { createOtlpApi } from "./http/otlp-api.ts";
import { OwnMetrics } from "./http/own-metrics.ts";
import { createPastApi } from "./http/past-api.ts";
import { createPushApi } from "./http/push-api.ts";
import type { RefusedReaders } from "./http/reader-metrics.ts";
import { createServicesApi } from "./http/services-api.ts";
import { createSessionApi } from "./http/session-api.ts";
import { createTimelineApi } from "./http/timeline-api.ts";
import type { CertificateGauges } from "./http/tls-metrics.ts";
import type { ConnectionGauges } from "./http/trust-metrics.ts";
import type { View } from "./http/view.ts";
import type { DocumentStore } from "./io/documents.ts";
import type { HeartbeatSender } from "./io/heartbeat-sender.ts";
import type { AppendOutcome } from "./io/journal.ts";
import { NumberedPushes } from "./io/numbered-pushes.ts";
import type { PushgatewayKeeper } from "./io/pushgateway-keeper.ts";
import type { Records } from "./io/records.ts";
import type { MaintenanceDesk } from "./maintenance-desk.ts";
import type { NewsDesk } from "./news-desk.ts";
import { pageAssets } from "./page/assets.ts";
import { renderPage } from "./page/render.ts";
import { runbookPages } from "./page/runbooks/pages.ts";
import { pageSections } from "./page-sections.ts";
import type { Past } from "./past.ts";
import type { RemoteWrite } from "./remote-write/remote-write.ts";
import type { Services } from "./services.ts";
import type { Sessions } from "./session/sessions.ts";
import { hubOrigin } from "./tls/hub-origin.ts";

export interface FrontParts {
  config: HubConfig;
  version: string;
  startedAtMs: number;
  view: View;
  fold: Fold;
  /** Stores a push that the fold has checked. */
  append(push: Candidate): Promise<AppendOutcome>;
  records: Records;
  keeper: PushgatewayKeeper;
  events: EventFeed;
  sender: HeartbeatSender;
  services: Services;
  maintenance: MaintenanceDesk;
  documents: DocumentStore;
  past: Past;
  news: NewsDesk;
  sessions: Sessions;
  alerting: Alerting;
  access: Access;
  remoteWrite: RemoteWrite;
  refused: Refused;
  /** At the hub's port. */
  connections: ConnectionGauges;
  certificates: CertificateGauges;
  /** That the log left out, since the process started. */
  suppressedLines(): number;
}

/** Events of the timeline in the page as it is served; its script reads more. */
const pageEntries = 100;

export function createFront(parts: FrontParts): Front {
  const {
    config,
    version,
    startedAtMs,
    view,
    fold,
    records,
    keeper,
    events,
    sender,
    services,
    maintenance,
    documents,
    past,
    news,
    sessions,
    alerting,
    access,
    remoteWrite,
    refused,
    connections,
    certificates,
    suppressedLines,
  } = parts;
  const unready = () => (records.ready ? undefined : "the hub has not read its records back yet");
  const alerts = () => alertsView(config.machine.name, records.alerts, Date.now());
  const calls = { unready, fleet: () => view.fleet(), alerts, startedAtMs };
  const refusedReaders: RefusedReaders = { metrics: 0, json: 0, listeners: 0 };
  const metrics = new OwnMetrics({
    view,
    queuedRecords: () => records.queued,
    damages: () => records.damages,
    starts: () => records.starts(),
    clientHoles: () => records.clients.holes,
    spool: records.spool,
    snapshots: () => records.snapshots.stats,
    pushgatewayPending: () => keeper.pending,
    pushgatewayRejected: () => keeper.rejected,
    pushgatewayAdopted: () => keeper.looks.adopted,
    pushgatewayPutBack: () => keeper.looks.putBack,
    eventListeners: () => events.listeners,
    services: () => services.list(),
    objectives: past.objectives,
    alerts: () => alerts().alerts,
    documents,
    notify: alerting.gauges,
    denied: access.denied,
    remoteWrite: remoteWrite.gauges,
    limits: fold.admission,
    refused,
    connections,
    refusedReaders,
    suppressedLines,
    certificates,
    folder: config.stateDirectory ?? "/",
  });
  remoteWrite.sampleFrom({ own: () => metrics.text(), fleet: () => fold.metricsText() });
  const numbered = new NumberedPushes({
    machine: config.machine.name,
    book: records.clients,
    append: parts.append,
    newest: () => records.newestPush(),
  });
  const session = createSessionApi({ machine: config.machine.name, sessions, nowMs: Date.now });
  const signedIn: SignedIn = (request) => {
    const shown = access.operatorOf(request);
    // Whoever is signed in to the page may come with the password of a proxy, too.
    return shown === undefined || "denial" in shown ? (session.signedIn(request) ?? shown) : shown;
  };
  const peerOrigin = hubOrigin(config, config.peer.hub);
  const push = createPushApi({
    unready,
    fold,
    pageOrigins: [peerOrigin],
    gate: access.pushGate,
    wipeRefusal: (request) => wipeRefusal(request, signedIn),
    append: (candidate) => numbered.append(candidate),
    known: (candidate) => numbered.known(candidate),
    replicated: (position) => records.replicated(position),
    maxBodyBytes: config.maxBodyBytes,
    groupExpiryMs: config.groupExpiryMs,
    adminApi: config.adminApi,
    status: () => gatewayStatusJson({ version, startedAtMs, config, health: healthAnswer(calls) }),
    onAnswer: (status, op) => metrics.countPush(op, status),
    onRefusedReader: () => refusedReaders.json++,
  });
  const otlp = createOtlpApi({
    gate: access.pushGate,
    unready,
    fold,
    append: parts.append,
    replicated: (position) => records.replicated(position),
    maxBodyBytes: config.maxBodyBytes,
    groupExpiryMs: config.groupExpiryMs,
    onAnswer: metrics.countOtlp,
  });
  const graph = graphView(config);
  const assets = pageAssets();
  const sections = pageSections({
    alerts: () => (records.ready ? alerts() : undefined),
    silences: () => alerting.silenceViews(),
    services: () => services.list(),
    timeline: () => (records.ready ? news.timeline.view({ limit: pageEntries }) : undefined),
    objectives: () => (past.objectives.isRead ? past.objectives.view() : undefined),
    graph: () => graph,
    documents: (kind) =>
      documents.unread === undefined ? documentsView(config.machine.name, documents, kind) : undefined,
  });
  const apis = [
    createServicesApi({
      services: () => services.list(),
      take: (service, confirmPeerDead) => services.order({ kind: "take", service, confirmPeerDead }),
      switchover: (service) => services.switchover(service),
      ordered: (subject, message) => news.desk.put({ name: "service-ordered", subject, message }),
      maintenance: {
        views: () => maintenance.views(),
        knows: (target) => maintenance.knows(target),
        begin: async (word) => news.notes.maintenanceBegun(await maintenance.begin(word)),
        end: async (target, by) => {
          const ended = await maintenance.end(target, by);
          return ended && news.notes.maintenanceEnded(ended);
        },
      },
      signedIn,
    }),
    createDocumentsApi({ machine: config.machine.name, documents }),
    createPastApi(past),
    createTimelineApi({
      unready,
      view: (query) => news.timeline.view(query),
      store: (note) => news.desk.store(note),
      signedIn,
    }),
    session.handle,
    alerting.api(signedIn, (note) => news.desk.put(note)),
    push,
    otlp,
    createFleetCalls(calls),
  ];
  return createHubFront({
    unready,
    apis,
    graph: () => graph,
    metricsText: async () => (await metrics.text()) + fold.metricsText(),
    onRefusedReader: () => refusedReaders.metrics++,
    openApi: () => openApiText(version),
    fleet: () => view.fleet(),
    ledger: () => view.ledger(),
    alerts,
    events: (request, response) => {
      const first = { type: "fleet", fleet: view.fleet() } as const;
      if (!events.serve(request, response, first)) refusedReaders.listeners++;
    },
    heartbeats: (request, response) => sender.serve(request, response),
    page: () => renderPage(view.fleet(), view.ledger(), sections()),
    pages: runbookPages({
      runbooks: assets.runbooks,
      version: assets.hash.slice(0, 12),
      sight: () => ({ ...view.fleet(), services: services.list() }),
    }),
    assets,
    peerOrigin,
    hosts: new Set(namesOf(config)),
  });
}

/** Public ones, by which the site's own configuration has this hub asked, or the machine calls itself. */
const namesOf = ({ machine, peer, allowedHosts }: HubConfig): string[] =>
  [machine.hub.host, peer.hub.host, hostname(), ...allowedHosts].map((name) => name.toLowerCase());

/** Whoever pushes replaces what he names; what deletes all groups is an operator's. */
const wipeRefusal = (request: IncomingMessage, signedIn: SignedIn): string | undefined =>
  refusalOf(request, signedIn) &&
  "a wipe is an operator's order: give it at the socket of the hub's machine, or show an operator's token";
