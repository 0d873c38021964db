/** The hub's own metrics and the fleet's health, in Prometheus text; every name begins with `tandem_`. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { AccessKind } from "../access/access.ts";
import { maxIncarnations } from "../core/admission.ts";
import { Health } from "../core/record.ts";
import type { Refused } from "../core/refused.ts";
import { Verdict } from "../core/verdict.ts";
import { snapshotLimitBytes } from "../io/snapshot-store.ts";
import type { SnapshotStats } from "../io/snapshots.ts";
import { alertMetrics } from "./alert-metrics.ts";
import { type AlertView, type FleetView, type LedgerView, SatelliteView, type ServiceJson } from "./api.ts";
import { drillKind, drillMetrics, lastDrillKey } from "./drill-metrics.ts";
import { type LimitGauges, limitMetrics } from "./limit-metrics.ts";
import { machineMetrics } from "./machine-metrics.ts";
import { type NotifyGauges, notifyMetrics } from "./notify-metrics.ts";
import { type ObjectiveSources, objectiveMetrics } from "./objective-metrics.ts";
import { onceATurn } from "./once-a-turn.ts";
import { type OtlpAnswered, otlpMetrics } from "./otlp-metrics.ts";
import { type RefusedReaders, readerMetrics } from "./reader-metrics.ts";
import { type RemoteWriteGauges, remoteWriteMetrics } from "./remote-write-metrics.ts";
import { scrapeMetrics } from "./scrape-metrics.ts";
import { serviceMetrics } from "./service-metrics.ts";
import { type CertificateGauges, tlsMetrics } from "./tls-metrics.ts";
import { type ConnectionGauges, trustMetrics } from "./trust-metrics.ts";
import type { View } from "./view.ts";

export interface OwnMetricsSources {
  view: View;
  queuedRecords(): number;
  damages(): number;
  /** Of each machine's hub, how many are kept. */
  starts(): readonly { origin: string; starts: number }[];
  /** In the numbers of clients, those that are known one by one. */
  clientHoles(): number;
  /** Undefined when the hub has none. */
  spool: SpoolGauges | undefined;
  snapshots(): SnapshotStats;
  pushgatewayPending(): number;
  pushgatewayRejected(): number;
  pushgatewayAdopted(): number;
  pushgatewayPutBack(): number;
  eventListeners(): number;
  services(): ServiceJson[];
  objectives: ObjectiveSources;
  /** Those that stand. */
  alerts(): AlertView[];
  documents: DocumentGauges;
  notify: NotifyGauges;
  /** Requests that were refused for want of a token, by what they wanted. */
  denied: Readonly<Record<AccessKind, number>>;
  remoteWrite: RemoteWriteGauges;
  limits: LimitGauges;
  refused: Refused;
  /** At the hub's port. */
  connections: ConnectionGauges;
  refusedReaders: Readonly<RefusedReaders>;
  /** That the log left out, since the process started. */
  suppressedLines(): number;
  certificates: CertificateGauges;
  /** Folder on the disk of the hub's data. */
  folder: string;
}

/** What the documents say of themselves. */
export interface DocumentGauges {
  readonly count: number;
  readonly peerLag: number;
  valueOf(kind: string, key: string): unknown;
}

/** What the spool says of itself. */
export interface SpoolGauges {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly damages: number;
  /** Age of the oldest record that waits, s; 0 when none does. */
  readonly oldestSeconds: number;
  /** For how long it would take what comes at present, s. */
  readonly secondsLeft: number;
  records(): number;
}

/** Gauges of the library that are named as counters are; what they count is in others by kind. */
const misnamed = ["active_handles_total", "active_requests_total", "active_resources_total"];

export class OwnMetrics {
  readonly registry = new Registry();
  /** Told of each answer to a request of OTLP. */
  readonly countOtlp: (answered: OtlpAnswered) => void;
  readonly #pushes: Counter;

  constructor(sources: OwnMetricsSources) {
    const { view, queuedRecords, damages, spool, pushgatewayPending, pushgatewayRejected, eventListeners } = sources;
    const { snapshots, pushgatewayAdopted, pushgatewayPutBack } = sources;
    const registers = [this.registry];
    const fleet = onceATurn(() => view.fleet());
    const ledger = onceATurn(() => view.ledger());
    collectDefaultMetrics({ register: this.registry, prefix: "tandem_hub_" });
    for (const name of misnamed) this.registry.removeSingleMetric(`tandem_hub_nodejs_${name}`);
    machineMetrics(this.registry, sources.folder);
    this.#pushes = new Counter({
      name: "tandem_pushes_total",
      help: "Pushes answered, by operation and status.",
      labelNames: ["op", "code"],
      registers,
    });
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name: `tandem_${name}`,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    const counter = (name: string, help: string, read: () => number) =>
      new Counter({
        name: `tandem_${name}`,
        help: `${help.slice(0, -1)}, since the hub started.`,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    gauge("queued_records", "Records waiting to be stored.", queuedRecords);
    counter("store_damages_total", "Stretches of streams that could not be read back.", damages);
    if (spool !== undefined) {
      gauge("spool_bytes", "Size of the spool's files.", () => spool.bytes);
      gauge("spool_limit_bytes", "Most that the spool's files may take.", () => spool.maxBytes);
      gauge("spool_records", "Records in the spool that are not in their stream yet.", () => spool.records());
      gauge("spool_oldest_seconds", "Age of the oldest record in the spool; 0 without one.", () => spool.oldestSeconds);
      gauge(
        "spool_left_seconds",
        "For how long the spool would take records at the rate of the last minutes, were NATS down.",
        () => spool.secondsLeft,
      );
      counter("spool_damages_total", "Stretches of the spool that could not be read.", () => spool.damages);
    }
    counter("snapshots_total", "Snapshots written.", () => snapshots().written);
    counter("purged_messages_total", "Messages removed from streams.", () => snapshots().purged);
    gauge("snapshot_duration_seconds", "How long the last snapshot took.", () => snapshots().durationMs / 1_000);
    gauge("snapshot_bytes", "Size of the last snapshot; NaN before the first.", () => snapshots().bytes ?? Number.NaN);
    gauge("snapshot_limit_bytes", "Most that a snapshot may take.", () => snapshotLimitBytes);
    gauge("snapshot_age_seconds", "Age of the newest snapshot on this machine's disk; NaN without one.", () => {
      const { ageMs } = snapshots();
      return ageMs === undefined ? Number.NaN : ageMs / 1_000;
    });
    gauge("pushgateway_pending_groups", "Groups not yet fed to this machine's Pushgateway.", pushgatewayPending);
    counter(
      "pushgateway_rejected_groups_total",
      "Groups that this machine's Pushgateway refused.",
      pushgatewayRejected,
    );
    counter(
      "pushgateway_adopted_groups_total",
      "Groups taken over that were pushed straight to this machine's Pushgateway.",
      pushgatewayAdopted,
    );
    counter(
      "pushgateway_put_back_groups_total",
      "Groups put back that were pushed straight to this machine's Pushgateway and that no hub would take.",
      pushgatewayPutBack,
    );
    const { documents } = sources;
    drillMetrics(this.registry, () => documents.valueOf(drillKind, lastDrillKey));
    gauge("documents", "Documents that commands keep at this hub.", () => documents.count);
    gauge(
      "documents_peer_lag",
      "Documents that the peer's bucket was not seen to hold in their present version.",
      () => documents.peerLag,
    );
    gauge("event_listeners", "Open connections to /api/v1/events.", eventListeners);
    gauge("in_sync", "1 while the peer has every record, 0 while degraded.", () =>
      view.sync().state === "in-sync" ? 1 : 0,
    );
    gauge("uncopied_records", "Records of this machine that the peer has not stored.", () => view.sync().uncopied);
    gauge("groups", "Push groups in the fold.", () => fleet().metrics.groups);
    gauge("series", "Series in the fold.", () => fleet().metrics.series);
    gauge("clients", "Clients that number their pushes.", () => ledger().clientTotals.clients);
    gauge("client_holes", "Holes in the numbers of clients that are known one by one.", sources.clientHoles);
    gauge("client_missing_pushes", "Numbers of clients that no hub holds.", () => ledger().clientTotals.missing);
    gauge(
      "client_duplicate_pushes",
      "Retries that were stored, because the first one was not known here yet.",
      () => ledger().clientTotals.duplicates,
    );
    this.#unnumbered(ledger);
    this.#ledger(ledger, sources.starts);
    this.#machines(fleet);
    this.#agents(fleet);
    scrapeMetrics(this.registry, view);
    serviceMetrics(this.registry, sources.services);
    alertMetrics(this.registry, sources.alerts);
    objectiveMetrics(this.registry, sources.objectives);
    notifyMetrics(this.registry, sources.notify);
    limitMetrics(this.registry, sources.limits);
    trustMetrics(this.registry, sources.refused, sources.connections);
    readerMetrics(this.registry, sources.refusedReaders);
    counter(
      "log_suppressed_lines_total",
      "Lines that this hub's log left out because those of their event came too often.",
      sources.suppressedLines,
    );
    tlsMetrics(this.registry, sources.certificates);
    const { denied } = sources;
    new Counter({
      name: "tandem_denied_requests_total",
      help: "Requests refused because nobody's token, or not the right one, was shown, by what they wanted, since the hub started.",
      labelNames: ["kind"],
      registers,
      collect() {
        this.reset();
        for (const [kind, count] of Object.entries(denied)) this.inc({ kind }, count);
      },
    });
    remoteWriteMetrics(this.registry, sources.remoteWrite);
    this.countOtlp = otlpMetrics(this.registry);
  }

  countPush(op: string | undefined, status: number): void {
    this.#pushes.inc({ op: op ?? "none", code: String(status) });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  #ledger(ledger: () => LedgerView, starts: OwnMetricsSources["starts"]): void {
    const states = [
      ["stored", "stored", "that their own machine has stored"],
      ["copied", "copied", "that the other machine has stored"],
      ["pending", "pending", "that their own machine has stored and the other one has not yet"],
      ["missing", "missing", "passed over although later ones were stored or copied"],
      ["duplicate", "duplicates", "met more than once, and ignored the second time"],
    ] as const;
    for (const [name, key, what] of states) {
      new Gauge({
        name: `tandem_ledger_${name}_records`,
        help: `Records ${what}, by the ledger of this hub.`,
        labelNames: ["origin", "stream"],
        registers: [this.registry],
        collect() {
          for (const line of ledger().lines) this.set({ origin: line.origin, stream: line.stream }, line[key]);
        },
      });
    }
    new Gauge({
      name: "tandem_ledger_starts",
      help: `Starts of a machine's hub of which records are known, at most ${maxIncarnations}, of the stream that has most.`,
      labelNames: ["origin"],
      registers: [this.registry],
      collect() {
        for (const { origin, starts: kept } of starts()) this.set({ origin }, kept);
      },
    });
  }

  #unnumbered(ledger: () => LedgerView): void {
    new Counter({
      name: "tandem_unnumbered_pushes_total",
      help: "Stored pushes without a client's number.",
      labelNames: ["origin"],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [origin, count] of Object.entries(ledger().unnumbered)) this.inc({ origin }, count);
      },
    });
  }

  #machines(fleet: () => FleetView): void {
    new Gauge({
      name: "tandem_machine_verdict",
      help: "1 for the verdict that this hub passes on each part of each machine, 0 for the others.",
      labelNames: ["machine", "part", "verdict"],
      registers: [this.registry],
      collect() {
        const { machines, satellites } = fleet();
        for (const [machine, judged] of Object.entries(satellites))
          for (const verdict of SatelliteView.shape.verdict.options)
            this.set({ machine, part: "machine", verdict }, judged.verdict === verdict ? 1 : 0);
        for (const [machine, state] of Object.entries(machines)) {
          const parts = { machine: state, hub: state.hub, nats: state.nats, pushgateway: state.pushgateway };
          for (const [part, judged] of Object.entries(parts))
            for (const verdict of Verdict.options)
              this.set({ machine, part, verdict }, judged.verdict === verdict ? 1 : 0);
        }
      },
    });
  }

  #agents(fleet: () => FleetView): void {
    new Gauge({
      name: "tandem_agent_health",
      help: "1 for the health of each agent, 0 for the others.",
      labelNames: ["agent", "machine", "health"],
      registers: [this.registry],
      collect() {
        for (const agent of fleet().agents)
          for (const health of Health.options)
            this.set({ agent: agent.name, machine: agent.machine, health }, agent.health === health ? 1 : 0);
      },
    });
  }
}
