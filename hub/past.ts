/** What the hub knows of the past beside its records: history, objectives, and the alerts that follow from these. */
import { agentId, type HubConfig } from "./config.ts";
import type { FleetHealth } from "./core/fleet-health.ts";
import type { Fold } from "./core/fold/fold.ts";
import type { Sight } from "./core/history/sampler.ts";
import { isPlanned } from "./core/objectives/planned.ts";
import { HistoryDesk } from "./history-desk.ts";
import type { Log } from "./io/log.ts";
import type { PeerSeals } from "./io/peer-seals.ts";
import type { Records } from "./io/records.ts";
import { type AlertStore, storeAlert } from "./io/store-alert.ts";
import type { Judge } from "./judge/judge.ts";
import type { MaintenanceDesk } from "./maintenance-desk.ts";
import { ObjectiveAlerts } from "./objective-alerts.ts";
import { ObjectivesDesk } from "./objectives-desk.ts";
import type { Services } from "./services.ts";

export interface PastOptions {
  config: HubConfig;
  judge: Judge;
  records: Records;
  fold: Fold;
  health: FleetHealth;
  services: Services;
  maintenance: MaintenanceDesk;
  alerts: AlertStore;
  /** Somebody else has ended what this hub raised and sees all the time. */
  endedByPeer(name: string, subject: string): void;
  /** How long the peer's hub has not said that it judges objectives, ms. */
  peerUnjudgedMs(): number;
  /** Longest recent stall of this process's event loop, ms. */
  lagMs(): number;
  seals: PeerSeals;
  /** Monotonic ms. */
  clock(): number;
  log: Log;
}

const hourSeconds = 3_600;
/** A buffer that nothing flows into has no end; so much is enough to say. */
const longestBufferHours = 8_760;

export class Past {
  readonly history: HistoryDesk;
  readonly objectives: ObjectivesDesk;
  readonly seals: PeerSeals;
  readonly #options: PastOptions;
  readonly #ids: readonly string[];
  readonly #alerts: ObjectiveAlerts;

  constructor(options: PastOptions) {
    this.#options = options;
    const { config, judge, records, alerts, seals, clock, log } = options;
    this.seals = seals;
    this.#ids = config.agents.map(agentId);
    this.history = new HistoryDesk({ config, ids: this.#ids, look: () => this.#look(), seals, log });
    const isWorkedOn = (objective: string) => this.#isWorkedOn(objective);
    const isCutOff = () => judge.isCutOff || judge.state(config.peer.name).judgement.verdict === "isolated";
    this.objectives = new ObjectivesDesk({ config, isCutOff, isWorkedOn, seals, clock, log });
    this.#alerts = new ObjectiveAlerts({
      config,
      view: () => this.objectives.view(),
      isHubDead: (machine) => judge.state(machine).parts.hub.verdict === "dead",
      peerUnjudgedMs: options.peerUnjudgedMs,
      isCutOff,
      isWorkedOn,
      standing: () => (this.judgesObjectives ? records.alerts : undefined),
      store: (alert) => storeAlert(alerts, alert),
      endedByPeer: options.endedByPeer,
      clock,
    });
  }

  /** Whether it is known what was counted and what stands. */
  get judgesObjectives(): boolean {
    return this.#options.records.ready && this.objectives.isRead;
  }

  /** Reads what earlier lives of this hub knew, behind which it goes on by itself. */
  start(): void {
    void this.history.start();
    void this.objectives.start();
  }

  /** Resolves when all is on the disk. */
  async stop(): Promise<void> {
    this.#alerts.stop();
    await Promise.all([this.history.stop(), this.objectives.stop()]);
  }

  #isWorkedOn(objective: string): boolean {
    const { config, maintenance, services } = this.#options;
    // Asked for each probe: as a rule nothing is.
    if (maintenance.views().length === 0) return false;
    const service = services.list().find(({ name }) => name === objective);
    return isPlanned(objective, {
      machines: [config.machine.name, config.peer.name],
      placesOf: () => service && [service.home, service.owner],
      covers: (target) => maintenance.covers(target),
    });
  }

  #look(): Sight {
    const { health, records, fold, lagMs } = this.#options;
    const statuses = this.#ids.map((id) => health.status(id));
    const count = (of: "unhealthy" | "degraded") => statuses.filter((status) => status?.health === of).length;
    const secondsLeft = records.spool?.secondsLeft;
    const pushes = records.ledgerEntries().filter(({ stream }) => stream === "metrics");
    return {
      stored: records.ready ? pushes.reduce((sum, { stored }) => sum + stored, 0) : undefined,
      values: {
        uncopied: records.uncopied.records,
        lag: Math.round(lagMs()),
        unhealthy: count("unhealthy"),
        degraded: count("degraded"),
        series: records.ready ? fold.seriesCount : null,
        buffer: secondsLeft === undefined ? null : Math.min(longestBufferHours, secondsLeft / hourSeconds),
      },
      agents: statuses.map((status) => ({
        observedAtMs: status?.observedAtMs,
        latencyMs: status?.latencyMs,
        ill: status === undefined || status.health === "unknown" ? undefined : status.health !== "healthy",
      })),
    };
  }
}
