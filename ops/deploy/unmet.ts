/** What a machine still lacks after its `up`, from what was seen of it; pure, so that each condition can be tried without a machine. */
import type { Health } from "../../hub/core/record.ts";
import type { ServiceJson } from "../../hub/http/api.ts";
import type { ContainerFacts } from "../doctor/facts.ts";
import type { Baseline } from "./baseline.ts";
import { because, type HubLook, type Ready } from "./look.ts";

export interface Seen extends Ready {
  /** Its own hub's view first, then the peer's; of a satellite those of the pair. */
  looks: readonly HubLook[];
  /** Undefined when the machine could not be asked. */
  containers: readonly ContainerFacts[] | undefined;
}

export interface Wanted {
  machine: string;
  isSatellite: boolean;
  /** Whether both hubs must be in sync: not while the other machine is not there yet, or away. */
  pairWide: boolean;
  /** Parts whose containers were made or changed. */
  touched: readonly string[];
  /** Parts that an unfinished deployment touched which this one finishes: the engine may have nothing left to do with them. */
  inherited: readonly string[];
  /** All parts that are made, replaced, changed or taken away, those of the unfinished one included: what stood for them may be gone. */
  changed: readonly string[];
  /** Those that are touched and have begun anew, so that each restart is their own fault. */
  fresh: readonly string[];
  /** Containers as they were when they were looked at last, since the up; one that has ended meanwhile is not well. */
  last?: Seen["containers"];
  /** How it was before; what ailed then is not held against this deployment. */
  before: Baseline;
}

export interface Unmet {
  what: string;
  /** Nothing gets better by waiting. */
  isHopeless: boolean;
}

/** A fresh container that has ended so often ends for ever. */
const hopelessRestarts = 3;

export function unmetOf(seen: Seen, wanted: Wanted): Unmet[] {
  const own = wanted.isSatellite ? [] : unmetServers(seen, wanted);
  return [...own.map(waiting), ...unmetContainers(seen, wanted), ...unmetHealth(seen, wanted).map(waiting)];
}

const waiting = (what: string): Unmet => ({ what, isHopeless: false });

function unmetServers({ hub, hubWhy, pushgateway, looks }: Seen, { pairWide }: Wanted): string[] {
  const asked = pairWide ? looks : looks.slice(0, 1);
  const silent = asked.filter(({ fleet, ledger }) => fleet === undefined || ledger === undefined);
  const whys = [...new Set(silent.flatMap(({ why }) => why ?? []))].join("; ");
  return [
    ...(hub ? [] : [`the hub is not ready${because(hubWhy)}`]),
    ...(pushgateway ? [] : ["the Pushgateway is not ready"]),
    ...(silent.length > 0 ? [`a hub of the pair does not answer${because(whys)}`] : []),
    ...(pairWide ? looks.flatMap(unmetSync) : []),
  ];
}

function unmetSync({ fleet, ledger }: HubLook): string[] {
  if (fleet === undefined || ledger === undefined) return [];
  return [
    ...(fleet.sync.state === "in-sync" ? [] : [`${fleet.machine} is degraded: ${fleet.sync.reason}`]),
    ...(ledger.missing === 0 ? [] : [`${ledger.missing} records are missing by ${fleet.machine}'s ledger`]),
  ];
}

function unmetContainers({ containers, looks }: Seen, wanted: Wanted): Unmet[] {
  if (containers === undefined) return [waiting("its containers cannot be asked for")];
  const services = looks.find((look) => look.services !== undefined)?.services ?? [];
  const looked = containers.filter(({ name }) => !isStill(name, services));
  const gone = wanted.touched.filter((part) => !containers.some(({ name }) => isPart(name, part, wanted.machine)));
  const vanished = wanted.before.well.filter((name) => !isThere(name, containers, wanted));
  return [
    ...vanished.map((name) => waiting(`container ${name} is gone`)),
    ...gone.map((part) => waiting(`the container of ${part} is not there`)),
    ...looked.flatMap((container): Unmet[] => {
      const isOneOf = (parts: readonly string[]) => parts.some((part) => isPart(container.name, part, wanted.machine));
      const isAsked =
        isOneOf(wanted.touched) || isOneOf(wanted.inherited) || wanted.before.well.includes(container.name);
      if (!isAsked) return [];
      const last = wanted.last?.find(({ name }) => name === container.name);
      return unmetContainer(container, isOneOf(wanted.fresh), last);
    }),
  ];
}

/** Or whether something has taken its place. A hub that drained when it was looked at has a successor. */
function isThere(name: string, containers: readonly ContainerFacts[], { changed, machine }: Wanted): boolean {
  if (changed.some((part) => isPart(name, part, machine))) return true;
  const isHub = isPart(name, "hub", machine);
  return containers.some((one) => one.name === name || (isHub && isPart(one.name, "hub", machine)));
}

function unmetContainer(container: ContainerFacts, isFresh: boolean, last: ContainerFacts | undefined): Unmet[] {
  const { name, status, health, restarts } = container;
  const isHopeless = isFresh && restarts >= hopelessRestarts;
  if (status !== "running") return [{ what: `container ${name} is ${status}`, isHopeless }];
  if (isFresh && restarts > 0)
    return [{ what: `container ${name} has ended ${restarts} times since it was made`, isHopeless }];
  if (last !== undefined && restarts > last.restarts) return [waiting(`container ${name} has ended again`)];
  return health === "" || health === "healthy" ? [] : [waiting(`container ${name} is ${health}`)];
}

/** A cold standby stands still until its service moves there. */
export function isStill(container: string, services: readonly ServiceJson[]): boolean {
  return services.some(({ name, mode }) => mode === "cold" && container === `${name}-standby`);
}

/** The hub's has a suffix of its own each time. */
function isPart(container: string, part: string, machine: string): boolean {
  const server = `tandem-${machine}-${part}`;
  return container === part || container === server || container.startsWith(`${server}-`);
}

/**
 * Agents that were made or restarted must be as well as they were before, and new ones must answer at least: an answer that no probe knows
 * is `degraded` for ever. A service that somebody acted for must not be held.
 */
function unmetHealth({ looks }: Seen, wanted: Wanted): string[] {
  const { machine, before } = wanted;
  const touched = [...wanted.touched, ...wanted.inherited];
  const look = looks.find(({ fleet }) => fleet !== undefined);
  // Of a machine of the pair it is said besides; of a satellite nobody else knows of its agents.
  if (look?.fleet === undefined) return wanted.isSatellite && hasAgents(touched) ? [noHub(looks)] : [];
  const agents = look.fleet.agents
    .filter(({ name, machine: at }) => at === machine && touched.includes(name))
    .filter(({ name, health }) => isWorse(health, before.agents[name]))
    .map(({ name, health, reason }) => `agent ${name} is ${health}${reason === "" ? "" : `: ${reason}`}`);
  const services = look.services ?? [];
  const standbys = services
    .filter(({ name, mode, home }) => mode !== "cold" && home !== machine && touched.includes(`${name}-standby`))
    .filter(({ name, instances }) => isWorse(instances[machine]?.health, before.instances[name]))
    .map(({ name, instances }) => `the standby of ${name} is ${instances[machine]?.health ?? "unknown"}`);
  const held = services
    .filter(({ name, state }) => state === "held" && !before.held.includes(name))
    .map(({ name, reason }) => `nobody acts for service ${name}: ${reason}`);
  return [...agents, ...standbys, ...held];
}

/** A satellite has no other containers than these and those of its agents. */
const watching = ["prometheus", "grafana"];
const hasAgents = (parts: readonly string[]) => parts.some((part) => !watching.includes(part));

const noHub = (looks: readonly HubLook[]) =>
  `no hub of the pair answers${because([...new Set(looks.flatMap(({ why }) => why ?? []))].join("; "))}`;

const ranks: Readonly<Record<Health, number>> = { healthy: 2, degraded: 1, unhealthy: 0, unknown: 0 };

/** @param was undefined of one that was not there */
function isWorse(health: Health = "unknown", was: Health = "degraded"): boolean {
  return ranks[health] < ranks[was];
}
