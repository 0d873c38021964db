/** Builds what the hub's JSON endpoints, its page and its metrics show from what the hub knows. */
import { type AgentConfig, agentId, type HubConfig, type MachineConfig } from "../config.ts";
import type { FleetHealth } from "../core/fleet-health.ts";
import type { Fold } from "../core/fold/fold.ts";
import { homeHubOf } from "../core/home-hub.ts";
import { Health, type StreamKind } from "../core/record.ts";
import type { ScrapeBook, ScrapeStatus } from "../core/scrape-book.ts";
import type { Causes } from "../core/suppression.ts";
import type { Judgement } from "../core/verdict.ts";
import type { HeartbeatRoute } from "../io/heartbeat-receiver.ts";
import type { Records } from "../io/records.ts";
import type { SatelliteWatch } from "../io/satellite-watch.ts";
import type { Judge } from "../judge/judge.ts";
import { hubOrigin } from "../tls/hub-origin.ts";
import type {
  AgentView,
  FleetView,
  LedgerView,
  MachineView,
  MaintenanceView,
  SatelliteView,
  ScrapeView,
  SyncView,
} from "./api.ts";

export interface ViewSources {
  config: HubConfig;
  version: string;
  incarnation: string;
  judge: Judge;
  /** Age of the peer's last report by this route, ms; null before the first. */
  reportAgoMs(route: HeartbeatRoute): number | null;
  satellites: SatelliteWatch;
  records: Records;
  health: FleetHealth;
  scrapes: ScrapeBook;
  fold: Fold;
  causes(): Causes;
  maintenance(): MaintenanceView[];
  /** Monotonic ms. */
  clock(): number;
  /** Longest recent stall of an event loop, ms. */
  lagMs(machine: string): number;
}

const maxClientLines = 100;

export class View {
  readonly #of: ViewSources;
  readonly #agents: ReadonlyMap<string, AgentConfig>;

  constructor(sources: ViewSources) {
    this.#of = sources;
    this.#agents = new Map(sources.config.agents.map((agent) => [agentId(agent), agent]));
  }

  fleet(): FleetView {
    const { config, version, incarnation, fold, maintenance } = this.#of;
    const causes = this.#of.causes();
    const agents = [...this.#agents.keys()].map((id) => this.agent(id, causes));
    const totals = Object.fromEntries(Health.options.map((health) => [health, 0])) as Record<Health, number>; // all keys are there
    for (const agent of agents) totals[agent.health]++;
    return {
      machine: config.machine.name,
      hub: config.machine.hubName,
      version,
      incarnation,
      now: new Date().toISOString(),
      sync: this.sync(),
      machines: Object.fromEntries([config.machine, config.peer].map(({ name }) => [name, this.machine(name)])),
      satellites: Object.fromEntries(config.satellites.map(({ name }) => [name, this.satellite(name)])),
      agents,
      maintenance: maintenance(),
      totals,
      ...this.#buffer(),
      metrics: { groups: fold.groupCount, series: fold.seriesCount },
    };
  }

  machine(name: string): MachineView {
    const { config, judge, reportAgoMs, lagMs } = this.#of;
    const { judgement, parts } = judge.state(name);
    const self = name === config.machine.name;
    const at: MachineConfig = self ? config.machine : config.peer;
    const age = (ageMs: number | null) => (self ? null : round(ageMs));
    const [udp, tcp, nats] = [
      age(judge.heardAgoMs("udp")),
      age(judge.heardAgoMs("tcp")),
      age(judge.heardAgoMs("nats")),
    ];
    const paths = { udp, tcp, nats, http: age(reportAgoMs("http")) };
    const ages = Object.values(paths).filter((ageMs) => ageMs !== null);
    return {
      ...this.#judged(judgement),
      self,
      hub: { name: at.hubName, url: hubOrigin(config, at.hub), ...this.#judged(parts.hub) },
      nats: { url: urlOf("nats", at.nats), ...this.#judged(parts.nats) },
      pushgateway: { url: urlOf("http", at.pushgateway), ...this.#judged(parts.pushgateway) },
      heardAgoMs: ages.length === 0 ? null : Math.min(...ages),
      paths,
      lagMs: Math.round(lagMs(name)),
    };
  }

  satellite(name: string): SatelliteView {
    const { config, satellites } = this.#of;
    const { verdict, sinceMs, reason } = satellites.judgement(name);
    return {
      verdict,
      since: this.#instant(sinceMs),
      reason,
      watchedBy: homeHubOf(name, config.satellites),
      askedBy: this.askedBy(name),
    };
  }

  /** Machine whose hub asks the agents of this one at present. */
  askedBy(name: string): string {
    const { config, judge } = this.#of;
    const { machine, peer } = config;
    const isPeers = homeHubOf(name, config.satellites) === peer.name;
    return isPeers && judge.state(peer.name).parts.hub.verdict !== "dead" ? peer.name : machine.name;
  }

  agent(id: string, causes = this.#of.causes()): AgentView {
    const { health, scrapes, clock } = this.#of;
    const agent = this.#agents.get(id);
    const status = health.status(id);
    if (agent === undefined || status === undefined) throw new Error(`no agent ${id}`);
    const { probe } = agent;
    const scrape = scrapes.status(id);
    const below = causes.below.get(id);
    return {
      name: agent.name,
      machine: agent.machine,
      group: agent.group,
      isHub: agent.isHub,
      health: status.health,
      since: this.#instant(status.sinceMs),
      ageMs: status.observedAtMs === undefined ? null : Math.round(clock() - status.observedAtMs),
      reason: status.reason,
      observedBy: status.observedBy ?? null,
      latencyMs: status.latencyMs === undefined ? null : Math.round(status.latencyMs * 100) / 100,
      probe: { kind: probe.kind, address: `${probe.host}:${probe.port}` },
      ...(below === undefined ? {} : { below }),
      ...(scrape && { scrape: this.#scrapeView(scrape) }),
    };
  }

  /** The agents that this hub scrapes, with the scrapes that failed since it started. */
  scrapes(): { agent: string; machine: string; scrape: ScrapeView; failures: number }[] {
    const { scrapes } = this.#of;
    return [...this.#agents].flatMap(([id, { name: agent, machine }]) => {
      const status = scrapes.status(id);
      if (status === undefined) return [];
      return [{ agent, machine, scrape: this.#scrapeView(status), failures: scrapes.failures(id) }];
    });
  }

  sync(): SyncView {
    const { records } = this.#of;
    const { state, sinceMs, reason } = records.sync;
    const { records: uncopied, oldestStoredAtMs } = records.uncopied;
    return { state, since: this.#instant(sinceMs), reason, uncopied, oldestUncopiedMs: this.#age(oldestStoredAtMs) };
  }

  ledger(): LedgerView {
    const { config, records } = this.#of;
    const self = config.machine.name;
    const lines = records.ledgerEntries().map((entry) => ({
      ...entry,
      spooled: entry.origin === self ? records.spooled(entry.stream) : 0,
      oldestSingleCopyMs: entry.origin === self ? this.#oldestSingleCopy(entry.stream) : null,
    }));
    const sum = (key: "missing" | "duplicates" | "pending" | "spooled") =>
      lines.reduce((total, line) => total + line[key], 0);
    const [missing, duplicates, pending, spooled] = [sum("missing"), sum("duplicates"), sum("pending"), sum("spooled")];
    const copies = missing === 0 && pending === 0 && spooled === 0 ? 2 : 1;
    return {
      machine: self,
      now: new Date().toISOString(),
      missing,
      duplicates,
      pending,
      spooled,
      copies,
      lines,
      clients: records.clients.accounts(maxClientLines),
      clientTotals: records.clients.totals(),
      unnumbered: records.clients.unnumbered(),
    };
  }

  #buffer(): Pick<FleetView, "buffer"> {
    const secondsLeft = this.#of.records.spool?.secondsLeft;
    // JSON has no infinity: it would come as null.
    return secondsLeft === undefined || !Number.isFinite(secondsLeft)
      ? {}
      : { buffer: { secondsLeft: Math.floor(secondsLeft) } };
  }

  #oldestSingleCopy(kind: StreamKind): number | null {
    return this.#age(this.#of.records.oldestUncopiedAtMs(kind));
  }

  #scrapeView({ ok, reason, samples, atMs, tookMs }: ScrapeStatus): ScrapeView {
    return { ok, reason, samples, ageMs: Math.round(this.#of.clock() - atMs), tookMs: Math.round(tookMs * 100) / 100 };
  }

  #judged(judgement: Judgement) {
    return { verdict: judgement.verdict, since: this.#instant(judgement.sinceMs), reason: judgement.reason };
  }

  #age(atMs: number | undefined): number | null {
    return atMs === undefined ? null : Math.round(this.#of.clock() - atMs);
  }

  #instant(monotonicMs: number): string {
    return new Date(Date.now() - (this.#of.clock() - monotonicMs)).toISOString();
  }
}

const urlOf = (scheme: string, { host, port }: { host: string; port: number }) => `${scheme}://${host}:${port}`;
const round = (ms: number | null) => (ms === null ? null : Math.round(ms));
