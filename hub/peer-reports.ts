/** What the main threads of the two hubs tell each other of records, copies, agents and maintenance: four times a second, and at once with news. */
import type { NatsConnection } from "nats";
import type { HubConfig } from "./config.ts";
import { ClockOffset } from "./core/clock-offset.ts";
import type { FleetHealth, HealthTurn } from "./core/fleet-health.ts";
import { type Heartbeat, HeartbeatFilter } from "./core/heartbeat.ts";
import { homeHubOfAgent } from "./core/home-hub.ts";
import { HeartbeatReceiver, type HeartbeatRoute } from "./io/heartbeat-receiver.ts";
import { HeartbeatSender } from "./io/heartbeat-sender.ts";
import type { Log } from "./io/log.ts";
import type { PeerSeals } from "./io/peer-seals.ts";
import type { Records } from "./io/records.ts";
import type { MaintenanceDesk } from "./maintenance-desk.ts";
import { HubDial } from "./tls/dial.ts";

export interface PeerReportsOptions {
  config: HubConfig;
  incarnation: string;
  health: FleetHealth;
  records: Records;
  maintenance: MaintenanceDesk;
  /** What the hubs tell each other of notifications. */
  alerting: {
    words(full: boolean): Pick<Heartbeat, "silences" | "notify">;
    heard(report: Heartbeat): void;
  };
  /** What they tell each other of remote write. */
  remoteWrite: {
    word(): Heartbeat["remoteWrite"];
    heard(word: Heartbeat["remoteWrite"]): void;
  };
  /** Whether this hub can say that an error budget burns. */
  judgesObjectives(): boolean;
  /** Agents and standbys whose health this hub speaks for. */
  ownIds: readonly string[];
  /** Longest recent stall of this process's event loop, ms. */
  lagMs(): number;
  /** The peer says how an agent or standby is that it speaks for; `turn`: that is news. */
  onReport(id: string, turn: HealthTurn | undefined): void;
  /** Monotonic ms. */
  clock(): number;
  seals: PeerSeals;
  log: Log;
}

/** Reports with news go at once. */
const everyMs = 250;

export class PeerReports {
  readonly sender: HeartbeatSender;
  readonly #options: PeerReportsOptions;
  readonly #receiver: HeartbeatReceiver;
  readonly #filter = new HeartbeatFilter();
  readonly #changedIds = new Set<string>();
  readonly #heardAtMs = new Map<HeartbeatRoute, number>();
  readonly #clockOffset = new ClockOffset();
  #maintenanceIsNews = false;
  #peerLagMs = 0;
  /** When the peer said last that it judges objectives; at first when this hub began to listen. */
  #judgingAtMs: number;

  constructor(options: PeerReportsOptions) {
    this.#options = options;
    this.#judgingAtMs = options.clock();
    const { machine, peer } = options.config;
    this.sender = new HeartbeatSender({
      machine: machine.name,
      peerHost: peer.hub.host,
      seals: options.seals,
      intervalMs: everyMs,
      compose: (full) => this.#compose(full),
    });
    this.#receiver = new HeartbeatReceiver({
      peer: peer.name,
      address: peer.hub,
      seals: options.seals,
      dial: new HubDial(options.config),
      log: options.log,
      heard: (report, route) => this.#heard(report, route),
    });
  }

  /** Longest recent stall of the peer's event loop, as it says, ms. */
  get peerLagMs(): number {
    return this.#peerLagMs;
  }

  /** By how much the peer's clock is behind this machine's, or before it (negative), ms; undefined while it is not heard. */
  get clockOffsetMs(): number | undefined {
    return this.#clockOffset.read(this.#options.clock());
  }

  /** Whether any route brought a report since the start. */
  get isHeard(): boolean {
    return this.#heardAtMs.size > 0;
  }

  /** Age of the last report by this route, ms; null before the first. */
  heardAgoMs(route: HeartbeatRoute): number | null {
    const atMs = this.#heardAtMs.get(route);
    return atMs === undefined ? null : this.#options.clock() - atMs;
  }

  /** Hears the peer from now on. */
  start(): void {
    this.#receiver.start();
  }

  attach(nc: NatsConnection): void {
    this.sender.attach(nc);
    this.#receiver.attach(nc);
  }

  /** Tells the peer of the health of one that this hub speaks for. */
  turned(id: string): void {
    this.#changedIds.add(id);
    this.sender.send();
  }

  maintenanceChanged(): void {
    this.#maintenanceIsNews = true;
    this.sender.send();
  }

  /** Something of notifications that should not wait. */
  alertingChanged(): void {
    this.sender.send();
  }

  stop(): void {
    this.#receiver.stop();
    this.sender.stop();
  }

  /** How long the peer has not said that it judges objectives: it is of an older version, or has not read its records back. */
  get unjudgedMs(): number {
    return this.#options.clock() - this.#judgingAtMs;
  }

  #compose(full: boolean): Omit<Heartbeat, "v" | "machine" | "counter"> {
    const { incarnation, health, records, maintenance, alerting, ownIds, lagMs, clock } = this.#options;
    const wallMs = Date.now();
    const agents = health.reports(full ? ownIds : this.#changedIds, clock(), wallMs);
    this.#changedIds.clear();
    const said = full || this.#maintenanceIsNews ? { maintenance: maintenance.words() } : {};
    this.#maintenanceIsNews = false;
    const told = alerting.words(full);
    const written = full ? this.#options.remoteWrite.word() : undefined;
    const writes = written === undefined ? {} : { remoteWrite: written };
    const judges = full && this.#options.judgesObjectives() ? { judgesObjectives: true as const } : {}; // else of any boolean
    return {
      incarnation,
      wallMs,
      lagMs: lagMs(),
      agents,
      ...said,
      ...told,
      ...writes,
      ...judges,
      ...records.forHeartbeat(full),
    };
  }

  #heard(report: Heartbeat, route: HeartbeatRoute): void {
    const { config, health, records, maintenance, alerting, onReport, clock } = this.#options;
    this.#heardAtMs.set(route, clock());
    if (!this.#filter.isNews(report, clock())) return;
    this.#clockOffset.note(report.wallMs, Date.now(), clock());
    this.#peerLagMs = report.lagMs;
    records.heardPeer(report);
    if (report.judgesObjectives) this.#judgingAtMs = clock();
    if (report.maintenance !== undefined) maintenance.heard(report.maintenance);
    alerting.heard(report);
    this.#options.remoteWrite.heard(report.remoteWrite);
    for (const agent of report.agents) {
      // Each hub speaks only for the agents that it is the home of.
      if (homeHubOfAgent(agent.id, config.satellites) !== report.machine) continue;
      onReport(agent.id, health.reported(agent, report.machine, clock(), Date.now()));
    }
  }
}
