/** Records alerts about lost parts of the machines and about this machine's stores, and ends those that outlived what they tell of. */
import type { HubConfig } from "./config.ts";
import type { OpenAlerts } from "./core/open-alerts.ts";
import type { SatelliteVerdict } from "./core/satellite.ts";
import { type ConditionSight, type ConditionTurn, StandingAlerts } from "./core/standing-alerts.ts";
import type { MachineState } from "./core/verdict.ts";
import type { ServiceJson } from "./http/api.ts";
import type { Records } from "./io/records.ts";
import type { NewAlert } from "./io/store-alert.ts";
import type { FromSeat } from "./judge/seat/messages.ts";

/** What the records say of this machine. */
type RecordsSight = Pick<Records, "ready" | "alerts" | "nearlyFull"> & {
  ledgerEntries(): readonly { missing: number }[];
  spool: Pick<NonNullable<Records["spool"]>, "bytes" | "maxBytes"> | undefined;
};

export interface ConditionAlertsOptions {
  config: Pick<HubConfig, "machine" | "peer" | "satellites">;
  machine(name: string): MachineState;
  satellite(name: string): SatelliteVerdict;
  records: RecordsSight;
  services(): ServiceJson[];
  inMaintenance(id: string): boolean;
  /** Whether this hub is the one that asks the satellite's agents at present. */
  asks(satellite: string): boolean;
  /** What this hub sees of itself. @default nothing */
  ownSights?(): Sight[];
  /** Stores it; resolves when that was tried. */
  store(alert: NewAlert): Promise<unknown>;
  /** Somebody else has ended what this hub raised and sees all the time. */
  endedByPeer(name: string, subject: string): void;
  /** Monotonic ms. */
  clock(): number;
}

export type Sight = Omit<ConditionSight, "open">;

const tickMs = 500;
/** A hub that was started anew has judged everything by then. */
const settleMs = 10_000;
/** A switchover that was given up is news, and no condition: it stands until the service moves, or this long. */
const newsLastsMs = 3_600_000;
const spoolFraction = 0.5;
const parts = { hub: "hub-lost", nats: "nats-lost", pushgateway: "pushgateway-lost" } as const;
const words = { hub: "hub", nats: "NATS", pushgateway: "Pushgateway" } as const;
/** Said once, by parts of a hub that begin anew without memory of them. */
const leftOverNames = [
  "machine-lost",
  "service-held",
  "switchover-given-up",
  "table-unwritten",
  "witness-silent",
] as const;

export class ConditionAlerts {
  readonly #options: ConditionAlertsOptions;
  readonly #standing = new StandingAlerts();
  /** What other parts of this hub have said once and not taken back. */
  readonly #said = new Map<string, Pick<NewAlert, "name" | "subject" | "message">>();
  /** When each service moved last, wall ms. */
  readonly #moved = new Map<string, number>();
  readonly #startedAtMs: number;
  readonly #timer = setInterval(() => this.#tick(), tickMs);
  /** Alerts that are being stored. */
  readonly #busy = new Set<string>();

  constructor(options: ConditionAlertsOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** What the failover says. */
  heard(news: FromSeat): void {
    if (news.type === "moved") this.#moved.set(news.service, Date.now());
    if (news.type === "alert") this.said(news);
  }

  /** What is said once, when it happens, by another part of this hub. */
  said({ severity, name, subject, message }: NewAlert): void {
    const key = `${name} ${subject}`;
    if (severity === "resolved") this.#said.delete(key);
    else this.#said.set(key, { name, subject, message });
  }

  #tick(): void {
    const { clock, records } = this.#options;
    if (!records.ready) return;
    const { alerts } = records;
    const isSettled = clock() - this.#startedAtMs >= settleMs;
    const own = this.#options.ownSights?.() ?? [];
    const sights = [...this.#parts(), ...this.#stores(), ...own, ...this.#saidOnce(alerts, isSettled)];
    const withOpen = sights.map((sight) => ({ ...sight, open: isOpen(sight, alerts) }));
    for (const turn of this.#standing.step(withOpen, clock())) void this.#store(turn);
  }

  async #store(turn: ConditionTurn): Promise<void> {
    const key = `${turn.name} ${turn.subject}`;
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    const { again, ...alert } = turn;
    if (again) this.#options.endedByPeer(turn.name, turn.subject);
    await this.#options.store(alert);
    this.#busy.delete(key);
  }

  /** One hub alone speaks of each part: the machine's own of its servers, the peer's of its hub, and of all while that is dead. */
  #parts(): Sight[] {
    const { config, machine, inMaintenance } = this.#options;
    const { machine: own, peer } = config;
    const theirs = machine(peer.name);
    const isAlone = theirs.parts.hub.verdict === "dead";
    return [own.name, peer.name].flatMap((subject) => {
      const { judgement, parts: judged } = machine(subject);
      const spoken = subject === own.name ? (["nats", "pushgateway"] as const) : isAlone ? all : (["hub"] as const);
      return spoken.map((part): Sight => {
        const { verdict, reason } = judged[part];
        const quiet = judgement.verdict !== "alive" || inMaintenance(subject);
        const is = verdict === "alive" ? "well" : verdict === "dead" && !quiet ? "ill" : "unclear";
        const word = `the ${words[part]} of ${subject}`;
        const message = is === "well" ? `${word} answers again` : `${word} is dead${reason && `: ${reason}`}`;
        return { name: parts[part], subject, is, message };
      });
    });
  }

  #stores(): Sight[] {
    const { config, records } = this.#options;
    const { name: subject } = config.machine;
    const { spool, nearlyFull } = records;
    const missing = records.ledgerEntries().reduce((sum, line) => sum + line.missing, 0);
    const isFilling = spool !== undefined && spool.bytes > spool.maxBytes * spoolFraction;
    const says = (name: Sight["name"], isIll: boolean, ill: string, well: string): Sight => ({
      name,
      subject,
      is: isIll ? "ill" : "well",
      message: isIll ? ill : well,
    });
    const full = nearlyFull.join(" and ");
    return [
      says("records-missing", missing > 0, `${missing} records are missing on ${subject}`, "none is missing any more"),
      says("spool-filling", isFilling, `the spool of ${subject} is more than half full`, "the spool has drained"),
      says(
        "store-nearly-full",
        full !== "",
        `${full}: nearly full, oldest records go before their age`,
        "there is room",
      ),
    ];
  }

  /** What an earlier life of a hub said and could not take back is over; what the peer ended though it is there is not. */
  #saidOnce(alerts: OpenAlerts, isSettled: boolean): Sight[] {
    const open = alerts.list().flatMap(({ name: said, subject, at, message }): Sight[] => {
      const name = leftOverNames.find((each) => each === said);
      if (name === undefined) return [];
      if (isSettled && this.#isOver(name, subject, at.wallMs))
        return [{ name, subject, is: "well", message: `over: ${message}` }];
      return [{ name, subject, is: this.#isStillThere(name, subject) ? "ill" : "unclear", message }];
    });
    const ended = [...this.#said.values()].filter(({ name, subject }) => !alerts.isOpen(name, subject));
    const there = ended.filter(({ name, subject }) => this.#isStillThere(name, subject));
    return [...open, ...there.map((said): Sight => ({ ...said, is: "ill" }))];
  }

  /** Whether this hub has said it, and sees it. */
  #isStillThere(name: string, subject: string): boolean {
    const { config, machine, satellite, asks, inMaintenance } = this.#options;
    if (!this.#said.has(`${name} ${subject}`) || inMaintenance(subject)) return false;
    if (name !== "machine-lost") return name !== "switchover-given-up";
    const isPeer = subject === config.peer.name;
    if (!isPeer && !asks(subject)) return false;
    const verdict = isPeer ? machine(subject).judgement.verdict : satellite(subject);
    return verdict === "dead" || verdict === "isolated";
  }

  #isOver(name: (typeof leftOverNames)[number], subject: string, saidMs: number): boolean {
    const { config, machine, satellite, services } = this.#options;
    const { machine: own, peer, satellites } = config;
    const isUnsaid = !this.#said.has(`${name} ${subject}`);
    switch (name) {
      case "machine-lost":
        if (subject === peer.name) return machine(subject).judgement.verdict === "alive";
        return satellites.some((each) => each.name === subject) && satellite(subject) === "alive";
      case "switchover-given-up":
        return (this.#moved.get(subject) ?? 0) > saidMs || Date.now() - saidMs > newsLastsMs;
      case "service-held":
        return isUnsaid && services().find((service) => service.name === subject)?.owner === own.name;
      case "witness-silent":
      case "table-unwritten":
        return isUnsaid && subject === own.name;
    }
  }
}

/** One that has become worse, or less bad, is said anew. */
function isOpen({ name, subject, is, severity }: Sight, alerts: OpenAlerts): boolean {
  const standing = alerts.severityOf(name, subject);
  return standing !== undefined && (is !== "ill" || severity === undefined || severity === standing);
}

const all = ["hub", "nats", "pushgateway"] as const;
