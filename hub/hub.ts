/** One hub: builds its parts from a config, ties what one of them learns to what the others do, and stops them in order. */
import { randomBytes } from "node:crypto";
import { Access } from "./access/access.ts";
import { AlertDesk } from "./alert-desk.ts";
import { Alerting } from "./alerting.ts";
import { ConditionAlerts } from "./condition-alerts.ts";
import { type AgentConfig, agentId, type HubConfig } from "./config.ts";
import { FleetHealth, type HealthTurn } from "./core/fleet-health.ts";
import type { ExpiryView } from "./core/fold/expiry.ts";
import { type Candidate, Fold } from "./core/fold/fold.ts";
import { groupPath } from "./core/group-path.ts";
import { migrationKind, pushesItself } from "./core/migrated.ts";
import { nextIncarnation } from "./core/record.ts";
import { Refused } from "./core/refused.ts";
import type { SatelliteJudgement } from "./core/satellite.ts";
import type { MachineState } from "./core/verdict.ts";
import { FleetAlerts } from "./fleet-alerts.ts";
import { FleetRound } from "./fleet-round.ts";
import { createFront } from "./front.ts";
import { alertsView } from "./http/alerts-view.ts";
import type { Entrance, Front } from "./http/entrance.ts";
import { EventFeed } from "./http/events.ts";
import { View } from "./http/view.ts";
import { announceMove } from "./io/announce-move.ts";
import { DocumentStore } from "./io/documents.ts";
import { GroupExpirer } from "./io/group-expirer.ts";
import { HealthRecorder } from "./io/health-recorder.ts";
import type { AppendOutcome } from "./io/journal.ts";
import { measureLag } from "./io/lag.ts";
import { type Log, messageOf, suppressedLines } from "./io/log.ts";
import { NatsLink } from "./io/nats-link.ts";
import { PeerSeals } from "./io/peer-seals.ts";
import { PushgatewayKeeper } from "./io/pushgateway-keeper.ts";
import { Records } from "./io/records.ts";
import { SatelliteWatch } from "./io/satellite-watch.ts";
import { type AlertStore, storeAlert } from "./io/store-alert.ts";
import { adopt, straightBounds } from "./io/straight-push.ts";
import { Judge } from "./judge/judge.ts";
import type { FromSeat } from "./judge/seat/messages.ts";
import { MachineAlerts } from "./machine-alerts.ts";
import { MaintenanceDesk } from "./maintenance-desk.ts";
import { MaintenanceOrders } from "./maintenance-orders.ts";
import { NewsDesk } from "./news-desk.ts";
import { Past } from "./past.ts";
import { PeerReports } from "./peer-reports.ts";
import { RemoteWrite } from "./remote-write/remote-write.ts";
import { standbysOf } from "./service-pace.ts";
import { Services } from "./services.ts";
import { Sessions } from "./session/sessions.ts";
import { CertificateWatch } from "./tls/certificate-watch.ts";

const clock = () => performance.now();
const syncTickMs = 50;
const fleetEventEveryMs = 1_000;
const refillEveryMs = 1_000;
const readBackRetryMs = 500;
/** Beats come by NATS every 100 ms; three may be lost before the link counts as cut. */
const natsSilentMs = 350;

export class Hub {
  readonly #config: HubConfig;
  readonly #log: Log;
  readonly #onBroken: () => void;
  readonly #incarnation = nextIncarnation(Date.now(), randomBytes(3).toString("hex"));
  readonly #stop = new AbortController();
  #stopping = false;
  #stopped: Promise<void> | undefined;
  readonly #fold: Fold;
  readonly #refused = new Refused();
  readonly #seals: PeerSeals;
  readonly #events = new EventFeed();
  readonly #lag = measureLag();
  readonly #agentIds: ReadonlySet<string>;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #health: FleetHealth;
  readonly #judge: Judge;
  readonly #satellites: SatelliteWatch;
  readonly #records: Records;
  readonly #keeper: PushgatewayKeeper;
  readonly #recorder: HealthRecorder;
  readonly #expirer: GroupExpirer;
  readonly #reports: PeerReports;
  readonly #round: FleetRound;
  readonly #alertDesk: AlertDesk;
  readonly #alerts: MachineAlerts;
  readonly #fleetAlerts: FleetAlerts;
  readonly #conditionAlerts: ConditionAlerts;
  readonly #alerting: Alerting;
  readonly #remoteWrite: RemoteWrite;
  readonly #maintenance: MaintenanceDesk;
  readonly #maintenanceOrders: MaintenanceOrders;
  readonly #services: Services;
  readonly #past: Past;
  readonly #news: NewsDesk;
  readonly #sessions: Sessions;
  readonly #access: Access;
  readonly #view: View;
  /** What commands keep at both hubs. */
  readonly documents: DocumentStore;
  /** Answers requests. */
  readonly front: Front;
  /** Resolves when its records are read back, or it was stopped before. */
  readonly ready: Promise<void>;
  #onReady: () => void = () => {};
  #link: NatsLink | undefined;
  #natsWasHeard = false;

  /** @param onBroken it cannot go on: it is to be stopped, and its process with it */
  constructor(
    config: HubConfig,
    version: string,
    log: Log,
    { connections, door }: Pick<Entrance, "connections" | "door">,
    onBroken: () => void,
  ) {
    this.#onBroken = onBroken;
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#config = config;
    this.#log = log;
    const { machine, agents, limits } = config;
    this.#seals = new PeerSeals({ needed: config.nats.nkeySeedFile !== undefined, refused: this.#refused });
    this.#fold = new Fold({ limits, jobs: new Set(agents.map(({ name }) => name)) });
    this.#agentIds = new Set(agents.map(agentId));
    this.#health = new FleetHealth(machine.name, [...agents, ...standbysOf(config)].map(agentId), clock());
    this.#records = new Records({
      config,
      fold: this.#fold,
      log,
      refused: this.#refused,
      clock,
      onGroups: (keys) => this.#keeper.changed(keys),
      onRemembered: (change) => {
        const sinceMs = clock() - (Date.now() - change.at.wallMs);
        this.#health.remember(`${change.machine}/${change.agent}`, change.to, sinceMs);
      },
      onSync: () => this.#onSync(),
      onAlerts: (batch) => this.#news.take(batch),
      onAlert: (...alert) => this.#alerting.notifier.noted(...alert),
    });
    this.#news = new NewsDesk({
      config,
      version,
      isLive: () => this.#records.ready,
      append: (alert) => this.#records.append("alerts", alert),
      heardAgoMs: () => this.#judge.heardAtAllAgoMs(),
      services: () => this.#services.list(),
      inMaintenance: () => this.#maintenance.views().map(({ target }) => target),
      alerts: () => alertsView(machine.name, this.#records.alerts, Date.now()).alerts,
      events: this.#events,
      clock,
      log,
    });
    this.#sessions = new Sessions({ config, log, nowMs: Date.now });
    this.#access = new Access(config.access, log);
    const { maxBodyBytes, groupExpiryMs } = config;
    const adoption = { maxBodyBytes, groupExpiryMs, needsToken: this.#access.asks };
    this.#keeper = new PushgatewayKeeper({
      address: machine.pushgateway,
      keys: () => this.#fold.keys(),
      group: (key) => {
        const group = this.#fold.groupOf(key);
        return group && { path: groupPath(group), text: this.#fold.groupText(key) };
      },
      known: (key) => (this.#fold.has(key) ? "stands" : this.#fold.groupOf(key) !== undefined ? "deleted" : "nothing"),
      ready: () => this.#records.ready,
      settled: () => this.#holdsAll(),
      adopt: (sighting) =>
        adopt(sighting, { fold: this.#fold, append: (push) => this.#appendChecked(push), ...adoption }),
      groupBounds: straightBounds(limits),
      log,
    });
    this.#judge = new Judge({
      config,
      incarnation: this.#incarnation,
      lagMs: () => this.#lag.longestMs(),
      clock,
      onChange: (...change) => this.#onMachine(...change),
      onKeys: (keys) => this.#seals.learn(keys),
      onRefused: (messages) => this.#refused.count("beat", messages),
      onBroken: (error) => this.#break("judge.broken", error),
    });
    this.documents = new DocumentStore({ machine: machine.name, peer: config.peer.name, log, refused: this.#refused });
    this.#satellites = new SatelliteWatch({
      satellites: config.satellites.map(({ name }) => name),
      agentsOf: (name) =>
        agents.filter((agent) => agent.machine === name).flatMap((agent) => this.#health.status(agentId(agent)) ?? []),
      cutOff: () => this.#judge.isCutOff,
      clock,
      onChange: (...change) => this.#onSatellite(...change),
    });
    this.#recorder = new HealthRecorder((change) => this.#records.append("health", change), log);
    this.#expirer = new GroupExpirer({
      groups: () => this.#fold.expiring(),
      view: () => this.#expiryView(),
      append: (push) => this.#records.append("metrics", push),
      log,
    });
    this.#round = new FleetRound({
      config,
      observe: (agent, answer, atMs) => {
        const turn = this.#health.observed(agentId(agent), answer, atMs);
        if (turn !== undefined) this.#onOwnTurn(agent, turn);
        this.#services.observed(agentId(agent), answer.type === "timeout");
      },
      check: (push) => this.#fold.check(push),
      append: (push) => this.#appendChecked(push),
      pushesItself: (agent) =>
        pushesItself(agent, this.documents.valueOf(migrationKind, agentId(agent)), this.#fold, Date.now()),
      ready: () => this.#records.ready,
      log,
      clock,
    });
    this.#services = new Services({
      config,
      door: {
        tell: (message) => this.#judge.tell(message),
        // The thread is this hub's own, and says nothing else.
        onNews: (take) => this.#judge.onListenerMessage((message) => take(message as FromSeat)),
      },
      health: this.#health,
      probeAgent: (id) => this.#round.probe(id),
      onStandby: (id, turn) => this.#onStandby(id, turn),
      onNews: (news) => this.#onNews(news),
      clock,
    });
    this.#maintenanceOrders = new MaintenanceOrders(config, (order) => void this.#services.order(order));
    this.#maintenance = new MaintenanceDesk({ config, onChange: (targets) => this.#onMaintenance(targets), log });
    this.#remoteWrite = new RemoteWrite({
      config,
      version,
      isLinked: () => this.#judge.state(config.peer.name).parts.hub.verdict === "alive",
      isInSync: () => this.#records.sync.state === "in-sync",
      log,
    });
    const certificates = new CertificateWatch({ config, door, clock });
    this.#alerting = new Alerting({
      config,
      certificates,
      records: this.#records,
      peersHub: () => this.#judge.state(config.peer.name).parts.hub,
      inMaintenance: (target) => this.#maintenance.covers(target),
      limits: this.#fold.admission,
      remoteWrite: this.#remoteWrite,
      reports: () => this.#reports,
      nats: () => this.#link?.nc,
      log,
      clock,
    });
    this.#reports = new PeerReports({
      config,
      incarnation: this.#incarnation,
      health: this.#health,
      records: this.#records,
      maintenance: this.#maintenance,
      alerting: this.#alerting,
      remoteWrite: this.#remoteWrite,
      judgesObjectives: () => this.#past.judgesObjectives,
      ownIds: [...agents.filter((agent) => this.#round.isOwn(agent)).map(agentId), ...this.#services.ownStandbyIds],
      lagMs: () => this.#lag.longestMs(),
      onReport: (id, turn) => {
        if (turn !== undefined) this.#tellTurn(turn);
        this.#services.observed(id);
      },
      seals: this.#seals,
      clock,
      log,
    });
    const alertStore: AlertStore = { append: (alert) => this.#records.append("alerts", alert), log };
    this.#alertDesk = new AlertDesk(alertStore);
    this.#alerts = new MachineAlerts({
      put: (alert) => {
        this.#conditionAlerts.said(alert);
        this.#alertDesk.put(alert);
      },
      inMaintenance: (name) => this.#maintenance.covers(name),
    });
    this.#fleetAlerts = new FleetAlerts({
      ...alertStore,
      config,
      status: (id) => this.#health.status(id),
      isLost: (name) => this.#isLost(name),
      asks: (name) => this.#view.askedBy(name) === machine.name,
      isReplaced: (agent) => this.#services.isReplaced(agent),
      inMaintenance: (id) => this.#maintenance.covers(id),
      isHubDead: (name) => this.#judge.state(name).parts.hub.verdict === "dead",
      endedByPeer: (name, subject) => this.#endedByPeer(name, subject),
      standing: () => (this.#records.ready ? this.#records.alerts : undefined),
      clock,
    });
    this.#conditionAlerts = new ConditionAlerts({
      config,
      machine: (name) => this.#judge.state(name),
      satellite: (name) => this.#satellites.judgement(name).verdict,
      records: this.#records,
      services: () => this.#services.list(),
      inMaintenance: (id) => this.#maintenance.covers(id),
      asks: (name) => this.#view.askedBy(name) === machine.name,
      ownSights: () => this.#alerting.conditions.sights(),
      endedByPeer: (name, subject) => this.#endedByPeer(name, subject),
      store: (alert) => storeAlert(alertStore, alert),
      clock,
    });
    this.#past = new Past({
      config,
      judge: this.#judge,
      records: this.#records,
      fold: this.#fold,
      health: this.#health,
      services: this.#services,
      maintenance: this.#maintenance,
      alerts: alertStore,
      endedByPeer: (name, subject) => this.#endedByPeer(name, subject),
      peerUnjudgedMs: () => this.#reports.unjudgedMs,
      seals: this.#seals,
      lagMs: () => this.#lag.longestMs(),
      clock,
      log,
    });
    this.#view = new View({
      config,
      version,
      incarnation: this.#incarnation,
      judge: this.#judge,
      reportAgoMs: (route) => this.#reports.heardAgoMs(route),
      satellites: this.#satellites,
      records: this.#records,
      health: this.#health,
      scrapes: this.#round.scrapes,
      fold: this.#fold,
      causes: () => this.#fleetAlerts.causes(),
      maintenance: () => this.#maintenance.views(),
      clock,
      lagMs: (name) => (name === machine.name ? this.#lag.longestMs() : this.#reports.peerLagMs),
    });
    this.front = createFront({
      config,
      version,
      startedAtMs: Date.now(),
      view: this.#view,
      fold: this.#fold,
      append: (push) => this.#appendChecked(push),
      records: this.#records,
      keeper: this.#keeper,
      events: this.#events,
      sender: this.#reports.sender,
      services: this.#services,
      maintenance: this.#maintenance,
      documents: this.documents,
      past: this.#past,
      news: this.#news,
      sessions: this.#sessions,
      access: this.#access,
      alerting: this.#alerting,
      remoteWrite: this.#remoteWrite,
      refused: this.#refused,
      connections,
      certificates,
      suppressedLines: () => suppressedLines() + this.#judge.suppressedLines,
    });
  }

  /** Hears the peer already, for a start that follows soon. Rejects when a port cannot be had. */
  prepare(): Promise<void> {
    return this.#judge.prepare();
  }

  /** Resolves when the hub answers; reading its records back goes on behind that. Rejects when a port or the spool cannot be had. */
  async start(succeeds = false): Promise<void> {
    // Before anything is judged.
    await Promise.all([this.#maintenance.open(), this.#sessions.open(), this.#alerting.open(), this.#access.open()]);
    await this.#judge.start(succeeds);
    this.#reports.start();
    await this.#records.open();
    // The judge may have broken meanwhile.
    if (this.#stopping) throw new Error("it was stopped while it started");
    this.#round.start();
    this.#services.start();
    this.#past.start();
    this.#news.start(succeeds);
    this.#timers.push(setInterval(() => this.#judgeSync(), syncTickMs));
    this.#timers.push(setInterval(() => this.#sendFleet(), fleetEventEveryMs));
    this.#connect().catch((error: unknown) => {
      this.#break("hub.broken", error);
    });
  }

  #break(event: string, error: unknown): void {
    if (this.#stopping) return;
    this.#log.error(event, { error: messageOf(error) });
    this.#onBroken();
  }

  /**
   * Takes no more pushes, answers those accepted, and leaves the stores as they are.
   *
   * @param succeeded another hub of this machine goes on at once: the peer is not shown a port that is closed
   */
  stop(succeeded = false): Promise<void> {
    this.#stopped ??= this.#stopAll(succeeded);
    return this.#stopped;
  }

  async #stopAll(succeeded: boolean): Promise<void> {
    this.#stopping = true;
    this.#onReady();
    this.#log.info("hub.stopping");
    for (const timer of this.#timers) clearInterval(timer);
    this.#recorder.stop();
    this.#fleetAlerts.stop();
    this.#conditionAlerts.stop();
    this.#alertDesk.stop();
    this.#news.stop();
    const keepers = [
      this.#maintenance,
      this.#sessions,
      this.#alerting,
      this.#access,
      this.#remoteWrite,
      this.documents,
      this.#past,
    ];
    const kept = Promise.all(keepers.map((part) => part.stop()));
    this.#expirer.stop();
    // A scrape under way may wait for the store, whose stop lets it go.
    const { scrapes } = await this.#round.stop();
    await this.#services.stop();
    await this.#records.stop();
    await scrapes;
    this.#stop.abort();
    this.#events.stop();
    this.#reports.stop();
    this.#satellites.stop();
    this.#keeper.stop();
    this.#lag.stop();
    await kept;
    await this.#link?.close();
    if (succeeded) await this.#judge.leave();
    else await this.#judge.stop();
    this.#log.info("hub.stopped");
  }

  /** Takes a renewed NATS seed into use; without one, or before NATS was reached, there is nothing to do. */
  reload(): void {
    this.#log.info("hub.reloading", { natsSeed: this.#config.nats.nkeySeedFile !== undefined });
    this.#link?.renewSeed();
    this.#judge.renewSeed();
  }

  async #connect(): Promise<void> {
    const { machine, nats } = this.#config;
    const link = await NatsLink.open(
      {
        ...machine.nats,
        seedFile: nats.nkeySeedFile,
        name: `hub ${machine.name}`,
        machine: machine.name,
        log: this.#log,
        onReconnect: (nc) => {
          this.documents.reconnected();
          this.#records.checkStreams(nc, this.#stop.signal).catch((error: unknown) => {
            this.#log.warn("streams.unchecked", { error: messageOf(error) });
          });
        },
      },
      this.#stop.signal,
    );
    this.#link = link;
    this.documents.start(link);
    this.#reports.attach(link.nc);
    const incarnation = await this.#readBack(link);
    void this.#news.read(link.nc, this.#stop.signal);
    this.#timers.push(setInterval(() => void this.#records.refill(link.nc, this.#stop.signal), refillEveryMs));
    this.#alerting.begin();
    this.#remoteWrite.begin();
    this.#onReady();
    this.#log.info("hub.ready", { incarnation, groups: this.#fold.groupCount });
  }

  /** A NATS that dies meanwhile is waited for; what was read already is passed over the next time. */
  async #readBack(link: NatsLink): Promise<string> {
    const { signal } = this.#stop;
    for (;;) {
      try {
        return await this.#records.start(link, signal);
      } catch (error) {
        signal.throwIfAborted();
        this.#log.warn("records.unread", { error: messageOf(error) });
        await new Promise((resolve) => setTimeout(resolve, readBackRetryMs));
      }
    }
  }

  /** What it adds counts as there while it is under way. */
  async #appendChecked(push: Candidate): Promise<AppendOutcome> {
    const release = this.#fold.reserve(push);
    try {
      return await this.#records.append("metrics", push);
    } finally {
      release();
    }
  }

  #onOwnTurn(agent: AgentConfig, { from, status }: HealthTurn): void {
    const { id, health: to, reason } = status;
    this.#log.info("health.turned", { agent: id, from, to, reason });
    if (this.#round.isOwn(agent)) this.#reports.turned(id);
    this.#tellTurn({ from, status });
    this.#recorder.record({ kind: "health", machine: agent.machine, agent: agent.name, from, to, reason });
  }

  #onStandby(id: string, { from, status }: HealthTurn): void {
    this.#log.info("standby.turned", { standby: id, from, to: status.health, reason: status.reason });
    this.#reports.turned(id);
    this.#tellTurn({ from, status });
  }

  #tellTurn(turn: HealthTurn): void {
    const { id } = turn.status;
    this.#services.turned(turn);
    this.#news.turned();
    if (this.#events.listeners > 0 && this.#agentIds.has(id))
      this.#events.send({ type: "health", agent: this.#view.agent(id) });
  }

  #onNews(news: FromSeat): void {
    if (news.type === "refused") this.#refused.count("epoch", news.entries);
    this.#conditionAlerts.heard(news);
    this.#news.heard(news);
    if (news.type === "moved") {
      const { service, from, to, epoch, why } = news;
      this.#log.info("service.moved", { service, from, to, epoch, why });
      this.#events.send({ type: "moved", service, from, to, epoch, why });
      announceMove(this.#link?.nc, { ...news, machine: this.#config.machine.name, wallMs: Date.now() });
    }
    if (news.type === "alert") {
      const { severity, name, subject, message } = news;
      this.#alertDesk.put({ severity, name, subject, message });
    }
  }

  /** It is raised again: who sees a trouble knows better than who says that it is over. */
  #endedByPeer(alert: string, subject: string): void {
    this.#log.warn("alert.ended_by_peer", { alert, subject });
    this.#refused.count("end");
  }

  #onMachine(name: string, state: MachineState, before: MachineState): void {
    const { peer } = this.#config;
    const { judgement, parts } = state;
    const verdicts = { hub: parts.hub.verdict, nats: parts.nats.verdict, pushgateway: parts.pushgateway.verdict };
    this.#log.info("machine.judged", { name, verdict: judgement.verdict, reason: judgement.reason, ...verdicts });
    if (name === peer.name) {
      this.#round.onPeersHub(parts.hub.verdict);
      this.#services.onPeersHub(parts.hub.verdict);
    }
    this.#alerts.judged(name, judgement, before.judgement);
    this.#judgeSync();
    this.#events.send({ type: "machine", name, machine: this.#view.machine(name) });
  }

  #onSatellite(name: string, judgement: SatelliteJudgement, before: SatelliteJudgement): void {
    const satellite = this.#view.satellite(name);
    this.#log.info("satellite.judged", { name, verdict: judgement.verdict, reason: judgement.reason });
    // Both hubs judge it; the one that asks says so for both.
    if (satellite.askedBy === this.#config.machine.name) this.#alerts.judged(name, judgement, before);
    this.#events.send({ type: "satellite", name, satellite });
  }

  #onMaintenance(targets: string[]): void {
    this.#log.info("maintenance.changed", { targets });
    this.#alerts.reconsider();
    this.#maintenanceOrders.settle(targets);
    this.#news.notes.maintenanceIs(targets, Date.now());
    this.#reports.maintenanceChanged();
    this.#sendFleet();
  }

  /** Whether a machine or satellite as a whole does not answer, or cannot be heard. */
  #isLost(name: string): boolean {
    const { satellites } = this.#config;
    const isSatellite = satellites.some((satellite) => satellite.name === name);
    const { verdict } = isSatellite ? this.#satellites.judgement(name) : this.#judge.state(name).judgement;
    return verdict === "dead" || verdict === "isolated";
  }

  #judgeSync(): void {
    const hub = this.#judge.state(this.#config.peer.name).parts.hub.verdict;
    const natsHeard = this.#natsHeard();
    if (natsHeard && !this.#natsWasHeard) this.#records.nudge();
    this.#natsWasHeard = natsHeard;
    this.#records.judgeSync({ hubAlive: hub === "alive", natsHeard });
    this.#services.synced({ inSync: this.#records.sync.state === "in-sync", refilled: this.#records.isRefilled });
  }

  #natsHeard(): boolean {
    const ageMs = this.#judge.heardAgoMs("nats");
    return ageMs !== null && ageMs < natsSilentMs;
  }

  #expiryView(): ExpiryView | undefined {
    if (!this.#records.ready) return undefined;
    const { machine, peer } = this.#config;
    const { verdict, sinceMs } = this.#judge.state(peer.name).parts.hub;
    const peerDeadForMs = verdict === "dead" ? clock() - sinceMs : undefined;
    return { machine: machine.name, nowMs: Date.now(), peerDeadForMs };
  }

  /** Whether the peer was heard, and says nothing that this hub does not hold. */
  #holdsAll(): boolean {
    if (this.#judge.state(this.#config.peer.name).parts.hub.verdict !== "alive") return false;
    if (!this.#reports.isHeard) return false;
    const lines = this.#records.ledgerEntries().filter(({ stream }) => stream === "metrics");
    return lines.every(({ pending, missing }) => pending === 0 && missing === 0);
  }

  #onSync(): void {
    const sync = this.#view.sync();
    this.#log.info("sync.judged", { state: sync.state, reason: sync.reason });
    this.#events.send({ type: "sync", sync });
  }

  #sendFleet(): void {
    if (this.#events.listeners > 0) this.#events.send({ type: "fleet", fleet: this.#view.fleet() });
  }
}
