/** What the hubs' answers amount to: one view of the pair, what is not well in it, and the exit code. Pure. */
import type { FleetView, MaintenanceView, ServiceJson } from "../../hub/http/api.ts";
import type { ObjectiveView } from "../../hub/http/objectives-json.ts";
import { because } from "../deploy/look.ts";
import { type AilingGroup, ailing } from "./ailing.ts";
import type { HubSaid, Standing } from "./ask.ts";
import { differences } from "./differences.ts";

export interface StatusView {
  /** 0: all is well. 1: something is not. 2: no hub answers. */
  exitCode: 0 | 1 | 2;
  /** What is not well, a sentence each; empty when all is. */
  troubles: string[];
  /** The hub whose word the rest is; undefined when none answers. */
  answeredBy: AnsweredBy | undefined;
  machines: MachineLine[];
  satellites: { name: string; verdict: string; since: string; reason: string; askedBy: string }[];
  /** Those that are not at home, and those that nobody acts for. */
  services: ServiceJson[];
  agents: { total: number; healthy: number; groups: AilingGroup[] };
  maintenance: MaintenanceView[];
  /** Undefined where no hub tells them. */
  alerts: Standing[] | undefined;
  /** Undefined where no hub tells them. */
  objectives: ObjectiveView[] | undefined;
  /** Number of agents by stage; undefined before the first was begun. */
  migration: Record<string, number> | undefined;
}

export interface AnsweredBy {
  machine: string;
  hub: string;
  url: string;
  version: string;
  now: string;
  startedAt: string | undefined;
  /** The answer is no older than this, ms. */
  tookMs: number;
}

interface Judged {
  verdict: string;
  since: string;
  reason: string;
}

export interface MachineLine {
  name: string;
  machine: Judged;
  hub: Judged;
  nats: Judged;
  pushgateway: Judged;
  heardAgoMs: number | null;
  /** The word of its own hub; undefined when that does not answer. */
  own:
    | {
        sync: FleetView["sync"];
        copies: number | undefined;
        missing: number | undefined;
        pending: number | undefined;
        bufferSeconds: number | undefined;
      }
    | undefined;
}

type Answered = HubSaid & { fleet: FleetView };
const parts = ["hub", "nats", "pushgateway"] as const;
const partNames = { hub: "hub", nats: "NATS", pushgateway: "Pushgateway" };
/** A person needs so long to come and look, s. */
const leastBufferSeconds = 3_600;

/** @param said each hub's answer, in the order in which they are believed */
export function statusOf(said: readonly HubSaid[]): StatusView {
  const answered = said.filter((one): one is Answered => one.fleet !== undefined);
  const silent = said.filter(({ fleet }) => fleet === undefined).map(silence);
  const [first] = answered;
  if (first === undefined) return { ...nothing, troubles: silent };
  const { fleet } = first;
  const machines = machinesOf(fleet, answered);
  const satellites = Object.entries(fleet.satellites).map(([name, { watchedBy: _, ...rest }]) => ({ name, ...rest }));
  const services = (first.services ?? []).filter(({ state }) => state !== "home");
  const worked = new Set(fleet.maintenance.map(({ target }) => target));
  const groups = ailing(fleet.agents);
  const alerts = answered.find((one) => one.alerts !== undefined)?.alerts;
  const troubles = [
    ...silent,
    ...machines.filter(({ name }) => !worked.has(name)).flatMap(machineTroubles),
    ...satellites
      .filter(({ name, verdict }) => verdict !== "alive" && verdict !== "unknown" && !worked.has(name))
      .map(({ name, verdict, reason }) => `satellite ${name} is ${verdict}: ${reason}`),
    ...answered.flatMap(untold),
    ...answered.flatMap(copyTroubles),
    ...services.filter(({ home, state }) => state === "held" || !worked.has(home)).map(serviceTrouble),
    ...agentTroubles(fleet, worked),
    ...(alerts ?? []).map(({ name, subject, message }) => `alert ${name} of ${subject}: ${message}`),
    ...answered.slice(1).flatMap((other) => differences(first, other)),
  ];
  return {
    exitCode: troubles.length === 0 ? 0 : 1,
    troubles,
    answeredBy: {
      machine: fleet.machine,
      hub: fleet.hub,
      url: first.url,
      version: fleet.version,
      now: fleet.now,
      startedAt: first.startedAt,
      tookMs: first.tookMs,
    },
    machines,
    satellites,
    services,
    agents: { total: fleet.agents.length, healthy: fleet.totals.healthy ?? 0, groups },
    maintenance: fleet.maintenance,
    alerts,
    objectives: answered.find(({ objectives }) => objectives !== undefined)?.objectives,
    migration: countsOf(answered.find(({ migration }) => migration !== undefined)?.migration ?? []),
  };
}

const nothing: StatusView = {
  exitCode: 2,
  troubles: [],
  answeredBy: undefined,
  machines: [],
  satellites: [],
  services: [],
  agents: { total: 0, healthy: 0, groups: [] },
  maintenance: [],
  alerts: undefined,
  objectives: undefined,
  migration: undefined,
};

function silence({ url, answers, why }: HubSaid): string {
  if (!answers) return `no hub answers at ${url}${because(why)}`;
  return `what answers at ${url} is no hub of this version of tandem: use the version that it was deployed from`;
}

function machinesOf(fleet: FleetView, answered: readonly Answered[]): MachineLine[] {
  return Object.entries(fleet.machines).map(
    ([name, { verdict, since, reason, hub, nats, pushgateway, heardAgoMs }]) => {
      const own = answered.find((one) => one.fleet.machine === name);
      return {
        name,
        machine: { verdict, since, reason },
        hub,
        nats,
        pushgateway,
        heardAgoMs,
        own: own && {
          sync: own.fleet.sync,
          copies: own.ledger?.copies,
          missing: own.ledger?.missing,
          pending: own.ledger?.pending,
          bufferSeconds: own.bufferSeconds,
        },
      };
    },
  );
}

function machineTroubles(line: MachineLine): string[] {
  const { name, machine } = line;
  if (machine.verdict !== "alive") return [`${name} is ${machine.verdict}: ${machine.reason}`];
  return parts
    .filter((part) => line[part].verdict !== "alive")
    .map((part) => `${partNames[part]} of ${name} is ${line[part].verdict}: ${line[part].reason}`);
}

/** What it does not tell may be anything. */
function untold({ fleet: { machine }, ledger, services, alerts, bufferSeconds }: Answered): string[] {
  const told = { ledger, services, alerts, metrics: bufferSeconds };
  const missing = Object.entries(told).flatMap(([what, it]) => (it === undefined ? what : []));
  return missing.map((what) => `the hub of ${machine} does not tell its ${what}`);
}

function copyTroubles({ fleet, ledger, bufferSeconds }: Answered): string[] {
  const { machine, sync } = fleet;
  return [
    ...(sync.state === "in-sync" ? [] : [`${machine} is degraded: ${sync.reason}`]),
    ...(ledger === undefined || ledger.missing === 0 ? [] : [`${machine} misses ${ledger.missing} records`]),
    ...(bufferSeconds === undefined || bufferSeconds >= leastBufferSeconds
      ? []
      : [`the buffer of ${machine} would be full in ${Math.round(bufferSeconds / 60)} min, were NATS down`]),
  ];
}

const serviceTrouble = ({ name, state, owner, home, reason }: ServiceJson): string =>
  state === "away"
    ? `service ${name} acts on ${owner}, not at home on ${home}`
    : `service ${name} is ${state}${reason === "" ? "" : `: ${reason}`}`;

/** One sentence for all: which they are stands below. */
function agentTroubles({ agents }: FleetView, worked: ReadonlySet<string>): string[] {
  const ill = agents.filter(
    ({ name, machine, health }) => health !== "healthy" && !worked.has(machine) && !worked.has(`${machine}/${name}`),
  );
  return ill.length === 0 ? [] : [`${ill.length} of ${agents.length} agents are not healthy`];
}

function countsOf(migrations: readonly string[]): Record<string, number> | undefined {
  if (migrations.length === 0) return undefined;
  const counts: Record<string, number> = {};
  for (const stage of migrations) counts[stage] = (counts[stage] ?? 0) + 1;
  return counts;
}
