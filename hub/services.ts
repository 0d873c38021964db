/** The services as the hub's main thread knows them: it asks their standbys for health, hands on what the failover says, and its operator's orders. */
import { type AgentConfig, agentId, type HubConfig, type ServiceConfig } from "./config.ts";
import type { ProbeAnswer } from "./core/agent-health.ts";
import type { ServiceView } from "./core/failover/service.ts";
import type { FleetHealth, HealthTurn } from "./core/fleet-health.ts";
import type { Verdict } from "./core/verdict.ts";
import type { ServiceJson } from "./http/api.ts";
import type { OrderOutcome } from "./http/services-api.ts";
import { Prober } from "./io/probe/prober.ts";
import type { FromSeat, ToSeat } from "./judge/seat/messages.ts";
import { MoveWatch } from "./move-watch.ts";
import { refusedInstances } from "./refused-instances.ts";
import { standbysOf } from "./service-pace.ts";

type Answer = Extract<FromSeat, { type: "answer" }>;
export type Order = Extract<ToSeat, { type: "operator" }>["order"];

/** What sits beside the detector in the judge's thread. */
export interface FailoverDoor {
  tell(message: ToSeat): void;
  onNews(take: (news: FromSeat) => void): void;
}

export interface ServicesOptions {
  config: HubConfig;
  door: FailoverDoor;
  health: FleetHealth;
  /** Asks an agent at once, out of its turn. */
  probeAgent(id: string): void;
  /** Health of a standby that this hub asks turned. */
  onStandby(id: string, turn: HealthTurn): void;
  onNews(news: FromSeat): void;
  /** Monotonic ms. */
  clock(): number;
}

/** Machines that start bring up their hub before their agents: until then one that does not answer yet is not known to ail, ms. */
const graceMs = 10_000;
/** Beyond the deadlines of waiting for the peer, of an instance's end, and of a lease. */
const moveDeadlineMs = 5_000;

export class Services {
  readonly #options: ServicesOptions;
  readonly #standbys: AgentConfig[];
  readonly #instances: ReadonlySet<string>;
  readonly #prober: Prober;
  readonly #views = new Map<string, ServiceView>();
  readonly #orders = new Map<string, (answer: Answer) => void>();
  readonly #moves = new MoveWatch();
  #nextOrder = 1;
  #synced = "";
  /** Instances whose next answer is told of, whatever it is. */
  readonly #wanted = new Set<string>();
  #endRefusals = () => {};
  #grace: NodeJS.Timeout | undefined;
  /** Instances that were well once since the start. */
  readonly #wasHealthy = new Set<string>();

  constructor(options: ServicesOptions) {
    this.#options = options;
    const { config, clock, door } = options;
    this.#standbys = standbysOf(config);
    this.#instances = new Set(
      config.services.flatMap(({ name, instances }) => Object.keys(instances).map((machine) => `${machine}/${name}`)),
    );
    this.#prober = new Prober({
      agents: this.#standbys,
      clock,
      random: Math.random,
      observe: (agent, answer, atMs) => this.#observedStandby(agent, answer, atMs),
    });
    door.onNews((news) => this.#take(news));
  }

  /** Those of this machine, which this hub asks and tells the peer of. */
  get ownStandbyIds(): string[] {
    const { machine } = this.#options.config;
    return this.#standbys.filter((agent) => agent.machine === machine.name).map(agentId);
  }

  start(): void {
    const { config } = this.#options;
    this.#prober.watch(config.machine.name);
    this.#grace = setTimeout(() => this.#endGrace(), graceMs);
    // Clients meet a dead instance before the next probe would.
    this.#endRefusals = refusedInstances(config, (instance) => this.#probe(instance));
  }

  stop(): Promise<void> {
    clearTimeout(this.#grace);
    this.#endRefusals();
    return this.#prober.stop();
  }

  /** A dead hub says nothing of its machine's standbys either. */
  onPeersHub(verdict: Verdict): void {
    const { peer } = this.#options.config;
    if (verdict === "suspect" || verdict === "dead") this.#prober.watch(peer.name);
    else this.#prober.unwatch(peer.name);
  }

  /**
   * An agent or standby was asked, by this hub or by the peer that says so.
   * @param forgiven it did not answer, which says nothing yet of one that was well
   */
  observed(id: string, forgiven = false): void {
    if (forgiven && this.#options.health.status(id)?.health !== "unhealthy") return;
    if (this.#wanted.delete(id)) this.#tell(id);
  }

  /** The health of any agent or standby turned, whoever saw it. */
  turned({ status: { id } }: HealthTurn): void {
    if (this.#instances.has(id)) this.#tell(id);
  }

  /** Told on as it changes. */
  synced({ inSync, refilled }: { inSync: boolean; refilled: boolean }): void {
    const now = `${inSync} ${refilled}`;
    if (now === this.#synced) return;
    this.#synced = now;
    this.#options.door.tell({ type: "sync", inSync, refilled });
  }

  list(): ServiceJson[] {
    return this.#options.config.services.map((service) => this.#json(service));
  }

  /** Whether the agent's standby acts for it. */
  isReplaced({ machine, name }: Pick<AgentConfig, "machine" | "name">): boolean {
    const view = this.#views.get(name);
    return view?.home === machine && view.state === "away";
  }

  /** Resolves with what came of it, also when nothing did in time. */
  order(order: Order): Promise<Answer> {
    const request = `order-${this.#nextOrder++}`;
    const deadlineMs = this.#deadlineMs;
    return new Promise((resolve) => {
      const settle = (answer: Answer) => {
        clearTimeout(timer);
        this.#orders.delete(request);
        resolve(answer);
      };
      const late = `nothing was heard of it within ${Math.round(deadlineMs / 1_000)} s; ask where it is`;
      const timer = setTimeout(settle, deadlineMs, { type: "answer", request, ok: false, text: late });
      this.#orders.set(request, settle);
      this.#options.door.tell({ type: "operator", request, order });
    });
  }

  /** Resolves when the other machine has the service, or stays without it. */
  async switchover(service: string): Promise<OrderOutcome> {
    const before = this.#views.get(service);
    const { ok, text } = await this.order({ kind: "switchover", service });
    return ok && before !== undefined ? await this.#moves.wait(before, this.#deadlineMs) : { ok, text };
  }

  get #deadlineMs(): number {
    const { switchoverDeadlineMs, leaseMs } = this.#options.config.failover;
    return 3 * switchoverDeadlineMs + leaseMs + moveDeadlineMs;
  }

  #take(news: FromSeat): void {
    this.#moves.take(news);
    switch (news.type) {
      case "services":
        for (const view of news.services) this.#views.set(view.name, view);
        break;
      case "answer":
        this.#orders.get(news.request)?.(news);
        break;
      case "probe":
        this.#probe(news.instance);
        break;
      case "moved":
      case "alert":
      case "given-up":
        break;
    }
    this.#options.onNews(news);
  }

  /** The failover waits for its answer, be it a turn or not. */
  #probe(instance: string): void {
    this.#wanted.add(instance);
    this.#prober.hurry(instance);
    this.#options.probeAgent(instance);
  }

  #observedStandby(agent: AgentConfig, answer: ProbeAnswer, atMs: number): void {
    const id = agentId(agent);
    const turn = this.#options.health.observed(id, answer, atMs);
    if (turn !== undefined) this.#options.onStandby(id, turn);
    this.observed(id, answer.type === "timeout");
  }

  #tell(id: string): void {
    const health = this.#options.health.status(id)?.health;
    if (health === undefined) return;
    if (health === "healthy") this.#wasHealthy.add(id);
    else if (this.#grace !== undefined && !this.#wasHealthy.has(id)) return;
    this.#options.door.tell({ type: "health", instance: id, health });
  }

  #endGrace(): void {
    this.#grace = undefined;
    for (const id of this.#instances) if (!this.#wasHealthy.has(id)) this.#tell(id);
  }

  #json(service: ServiceConfig): ServiceJson {
    const { health } = this.#options;
    const known = this.#views.get(service.name);
    const { name, home, standby, mode, singleWriter, route } = service;
    return {
      name,
      home,
      standby,
      mode,
      singleWriter,
      owner: known?.owner ?? home,
      epoch: known?.epoch ?? 0,
      state: known?.state ?? "held",
      acts: known?.acts ?? false,
      reason: known === undefined ? unknownReason(this.#options.config) : known.reason,
      route: route ?? null,
      instances: Object.fromEntries(
        Object.entries(service.instances).map(([machine, { host, port }]) => [
          machine,
          { host, port, health: health.status(`${machine}/${name}`)?.health ?? "unknown" },
        ]),
      ),
    };
  }
}

function unknownReason({ stateDirectory }: HubConfig): string {
  return stateDirectory === undefined
    ? "nothing moves here: the hub's config has no stateDirectory"
    : "the failover has not said anything yet";
}
