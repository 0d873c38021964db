/** One hub: builds its parts from a config, ties what one of them learns to what the others do, and stops them in order. */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { type AgentConfig, agentId, type HubConfig } from "./config.ts";
import { FleetHealth, type HealthTurn } from "./core/fleet-health.ts";
import type { ExpiryView } from "./core/fold/expiry.ts";
import { Fold } from "./core/fold/fold.ts";
import { groupPath } from "./core/group-path.ts";
import { type Heartbeat, HeartbeatFilter } from "./core/heartbeat.ts";
import { homeHubOfAgent } from "./core/home-hub.ts";
import { nextIncarnation } from "./core/record.ts";
import type { SatelliteJudgement } from "./core/satellite.ts";
import type { MachineState } from "./core/verdict.ts";
import { FleetRound } from "./fleet-round.ts";
import { createFront } from "./front.ts";
import { EventFeed } from "./http/events.ts";
import { View } from "./http/view.ts";
import { GroupExpirer } from "./io/group-expirer.ts";
import { HealthRecorder } from "./io/health-recorder.ts";
import { HeartbeatReceiver, type HeartbeatRoute } from "./io/heartbeat-receiver.ts";
import { HeartbeatSender } from "./io/heartbeat-sender.ts";
import { measureLag } from "./io/lag.ts";
import { type Log, messageOf } from "./io/log.ts";
import { NatsLink } from "./io/nats-link.ts";
import { PushgatewayKeeper } from "./io/pushgateway-keeper.ts";
import { Records } from "./io/records.ts";
import { SatelliteWatch } from "./io/satellite-watch.ts";
import { adopt } from "./io/straight-push.ts";
import { Judge } from "./judge/judge.ts";
import { MachineAlerts } from "./machine-alerts.ts";

const clock = () => performance.now();
const syncTickMs = 50;
const fleetEventEveryMs = 1_000;
const refillEveryMs = 1_000;
const readBackRetryMs = 500;
/** Reports with news go at once. */
const reportEveryMs = 250;
/** Beats come by NATS every 100 ms; three may be lost before the link counts as cut. */
const natsSilentMs = 350;
const closeDeadlineMs = 2_000;

export class Hub {
  readonly #config: HubConfig;
  readonly #log: Log;
  readonly #incarnation = nextIncarnation(Date.now(), randomBytes(3).toString("hex"));
  readonly #stop = new AbortController();
  readonly #fold = new Fold();
  readonly #events = new EventFeed();
  readonly #lag = measureLag();
  readonly #filter = new HeartbeatFilter();
  readonly #changedAgents = new Set<string>();
  readonly #ownIds: string[];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #health: FleetHealth;
  readonly #judge: Judge;
  readonly #satellites: SatelliteWatch;
  readonly #records: Records;
  readonly #keeper: PushgatewayKeeper;
  readonly #recorder: HealthRecorder;
  readonly #expirer: GroupExpirer;
  readonly #sender: HeartbeatSender;
  readonly #receiver: HeartbeatReceiver;
  readonly #round: FleetRound;
  readonly #alerts: MachineAlerts;
  readonly #view: View;
  readonly #server: Server;
  #link: NatsLink | undefined;
  #peerLagMs = 0;
  #natsWasHeard = false;
  readonly #reportedAtMs = new Map<HeartbeatRoute, number>();

  constructor(config: HubConfig, version: string, log: Log) {
    this.#config = config;
    this.#log = log;
    const { machine, peer, agents } = config;
    this.#health = new FleetHealth(machine.name, agents.map(agentId), clock());
    this.#records = new Records({
      config,
      fold: this.#fold,
      log,
      clock,
      onGroups: (keys) => this.#keeper.changed(keys),
      onRemembered: (change) => {
        const sinceMs = clock() - (Date.now() - change.at.wallMs);
        this.#health.remember(`${change.machine}/${change.agent}`, change.to, sinceMs);
      },
      onSync: () => this.#onSync(),
    });
    const limits = { maxBodyBytes: config.maxBodyBytes, groupExpiryMs: config.groupExpiryMs };
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
        adopt(sighting, { fold: this.#fold, append: (push) => this.#records.append("metrics", push), ...limits }),
      log,
    });
    this.#judge = new Judge({
      config,
      incarnation: this.#incarnation,
      lagMs: () => this.#lag.longestMs(),
      clock,
      onChange: (...change) => this.#onMachine(...change),
      onBroken: (error) => this.#break("judge.broken", error),
    });
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
    this.#sender = new HeartbeatSender({
      machine: machine.name,
      intervalMs: reportEveryMs,
      compose: (full) => this.#compose(full),
    });
    this.#receiver = new HeartbeatReceiver({
      peer: peer.name,
      address: peer.hub,
      log,
      heard: (beat, route) => this.#heard(beat, route),
    });
    this.#round = new FleetRound({
      config,
      observe: (agent, answer, atMs) => {
        const turn = this.#health.observed(agentId(agent), answer, atMs);
        if (turn !== undefined) this.#onOwnTurn(agent, turn);
      },
      check: (push) => this.#fold.check(push),
      append: (push) => this.#records.append("metrics", push),
      ready: () => this.#records.ready,
      log,
      clock,
    });
    this.#ownIds = agents.filter((agent) => this.#round.isOwn(agent)).map(agentId);
    this.#alerts = new MachineAlerts({ append: (alert) => this.#records.append("alerts", alert), log });
    this.#view = new View({
      config,
      version,
      incarnation: this.#incarnation,
      judge: this.#judge,
      reportAgoMs: (route) => this.#reportAgoMs(route),
      satellites: this.#satellites,
      records: this.#records,
      health: this.#health,
      scrapes: this.#round.scrapes,
      fold: this.#fold,
      clock,
      lagMs: (name) => (name === machine.name ? this.#lag.longestMs() : this.#peerLagMs),
    });
    this.#server = createFront({
      config,
      version,
      startedAtMs: Date.now(),
      view: this.#view,
      fold: this.#fold,
      records: this.#records,
      keeper: this.#keeper,
      events: this.#events,
      sender: this.#sender,
      log,
    });
  }

  /** Resolves when the hub listens; reading its records back goes on behind that. Rejects when port or spool cannot be had. */
  async start(): Promise<void> {
    const { listenHost, machine } = this.#config;
    const { host, port } = { ...machine.hub, ...(listenHost === undefined ? {} : { host: listenHost }) };
    await this.#judge.start();
    await this.#records.open();
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error) => reject(new Error(`cannot listen on ${host}:${port}: ${error.message}`)));
      this.#server.listen(port, host, resolve);
    });
    this.#log.info("hub.listening", { host, port });
    this.#round.start();
    this.#timers.push(setInterval(() => this.#judgeSync(), syncTickMs));
    this.#timers.push(setInterval(() => this.#sendFleet(), fleetEventEveryMs));
    this.#connect().catch((error: unknown) => {
      this.#break("hub.broken", error);
    });
  }

  #break(event: string, error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#log.error(event, { error: messageOf(error) });
    process.exitCode = 1;
    void this.stop();
  }

  /** Takes no more pushes, answers those accepted, and leaves the stores as they are. */
  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#log.info("hub.stopping");
    for (const timer of this.#timers) clearInterval(timer);
    this.#recorder.stop();
    this.#expirer.stop();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // A scrape under way may wait for the store, whose stop lets it go.
    const { scrapes } = await this.#round.stop();
    await this.#records.stop();
    await scrapes;
    this.#stop.abort();
    this.#events.stop();
    this.#receiver.stop();
    this.#sender.stop();
    this.#satellites.stop();
    this.#keeper.stop();
    this.#lag.stop();
    // Answers under way are finished; clients that keep a connection open are not waited for.
    this.#server.closeIdleConnections();
    const hurry = setTimeout(() => this.#server.closeAllConnections(), closeDeadlineMs);
    await closed;
    clearTimeout(hurry);
    await this.#link?.close();
    await this.#judge.stop();
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
        log: this.#log,
        onReconnect: (nc) => {
          this.#records.checkStreams(nc, this.#stop.signal).catch((error: unknown) => {
            this.#log.warn("streams.unchecked", { error: messageOf(error) });
          });
        },
      },
      this.#stop.signal,
    );
    this.#link = link;
    this.#sender.attach(link.nc);
    this.#receiver.attach(link.nc);
    const incarnation = await this.#readBack(link);
    this.#timers.push(setInterval(() => void this.#records.refill(link.nc, this.#stop.signal), refillEveryMs));
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

  #compose(full: boolean): Omit<Heartbeat, "v" | "machine" | "counter"> {
    const wallMs = Date.now();
    const agents = this.#health.reports(full ? this.#ownIds : this.#changedAgents, clock(), wallMs);
    this.#changedAgents.clear();
    const lagMs = this.#lag.longestMs();
    return { incarnation: this.#incarnation, wallMs, lagMs, agents, ...this.#records.forHeartbeat(full) };
  }

  #heard(beat: Heartbeat, route: HeartbeatRoute): void {
    this.#reportedAtMs.set(route, clock());
    if (!this.#filter.isNews(beat, clock())) return;
    this.#peerLagMs = beat.lagMs;
    this.#records.heardPeer(beat);
    for (const report of beat.agents) {
      // Each hub speaks only for the agents that it is the home of.
      if (homeHubOfAgent(report.id, this.#config.satellites) !== beat.machine) continue;
      const turn = this.#health.reported(report, beat.machine, clock(), Date.now());
      if (turn !== undefined) this.#tellTurn(turn);
    }
  }

  #onOwnTurn(agent: AgentConfig, { from, status }: HealthTurn): void {
    const { id, health: to, reason } = status;
    this.#log.info("health.turned", { agent: id, from, to, reason });
    if (this.#round.isOwn(agent)) {
      this.#changedAgents.add(id);
      this.#sender.send();
    }
    this.#tellTurn({ from, status });
    this.#recorder.record({ kind: "health", machine: agent.machine, agent: agent.name, from, to, reason });
  }

  #tellTurn({ status }: HealthTurn): void {
    this.#events.send({ type: "health", agent: this.#view.agent(status.id) });
  }

  #onMachine(name: string, state: MachineState, before: MachineState): void {
    const { peer } = this.#config;
    const { judgement, parts } = state;
    const verdicts = { hub: parts.hub.verdict, nats: parts.nats.verdict, pushgateway: parts.pushgateway.verdict };
    this.#log.info("machine.judged", { name, verdict: judgement.verdict, reason: judgement.reason, ...verdicts });
    if (name === peer.name) this.#round.onPeersHub(parts.hub.verdict);
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

  #judgeSync(): void {
    const hub = this.#judge.state(this.#config.peer.name).parts.hub.verdict;
    const natsHeard = this.#natsHeard();
    if (natsHeard && !this.#natsWasHeard) this.#records.nudge();
    this.#natsWasHeard = natsHeard;
    this.#records.judgeSync({ hubAlive: hub === "alive", natsHeard });
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

  #reportAgoMs(route: HeartbeatRoute): number | null {
    const atMs = this.#reportedAtMs.get(route);
    return atMs === undefined ? null : clock() - atMs;
  }

  /** Whether the peer was heard, and says nothing that this hub does not hold. */
  #holdsAll(): boolean {
    if (this.#judge.state(this.#config.peer.name).parts.hub.verdict !== "alive") return false;
    if (this.#reportedAtMs.size === 0) return false;
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
