/** Says in words what a deployment of a machine means: what restarts, what moves, what has one copy only, and for how long. Pure. */
import type { ServiceJson } from "../../hub/http/api.ts";
import { type Changes, type ContainerChange, isOfAgent } from "./changes.ts";
import type { Deployment } from "./deployment.ts";

export interface PlanInput {
  machine: string;
  /** Undefined of a satellite. */
  peer: string | undefined;
  changes: Changes;
  /** As a hub of the pair tells of them; undefined where no hub answers. */
  services: readonly ServiceJson[] | undefined;
  /** Why nothing can be moved to the peer; undefined when it can. */
  peerAway: string | undefined;
  /** The machine's deployments so far. */
  kept: readonly Deployment[];
  /** For how long the spool takes what comes at present, s; infinite when nothing comes, undefined when nobody says. */
  bufferSeconds: number | undefined;
}

export interface Move {
  service: string;
  from: string;
  to: string;
}

export interface MachinePlan {
  machine: string;
  /** Whether there is nothing to do. */
  isEmpty: boolean;
  isFirst: boolean;
  /** One a line, without the machine's name. */
  words: string[];
  moves: Move[];
  /** Services that act here, are cut and cannot move, each with the reason. */
  outages: { service: string; reason: string }[];
  /** Agents that restart, as maintenance names them. */
  pauses: string[];
  /** Parts whose container is replaced. */
  replaced: string[];
  /** Parts whose container is made, replaced or changed. */
  touched: string[];
  /** Those of them whose container begins anew: one that is changed where it stands keeps the count of its restarts. */
  fresh: string[];
}

/** While these are replaced nothing is copied between the machines. */
const copying = ["nats", "hub"];
/** What is assumed where no deployment has been timed yet, ms. */
const assumedMs = 20_000;

export function planMachine(input: PlanInput): MachinePlan {
  const { machine, changes, peerAway } = input;
  const { containers, isFirst } = changes;
  const cut = containers.filter(({ action }) => action !== "create");
  const replaced = cut.map(({ part }) => part);
  const services = cutServices({ machine, services: input.services ?? [], peerAway }, replaced);
  const others = Object.values(changes.others).reduce((sum, count) => sum + count, 0);
  return {
    machine,
    isEmpty: containers.length === 0 && others === 0,
    isFirst,
    words: [
      ...(isFirst
        ? [`first up: ${containers.length} containers are made`]
        : containers.map((one) => wordOf(one, input))),
      ...services.map(serviceWord),
      ...(input.services === undefined && !isFirst && cut.some(({ agent }) => agent !== undefined)
        ? [unknownServices]
        : []),
      ...(others > 0 && !isFirst ? [otherWord(changes)] : []),
      ...copyWords(input, replaced),
    ],
    moves: movesOf(services, machine),
    outages: outagesOf(services),
    pauses: cut.flatMap(({ agent }) => (agent?.role === "home" ? `${machine}/${agent.name}` : [])),
    replaced,
    touched: containers.flatMap(({ part, action }) => (action === "delete" ? [] : part)),
    fresh: containers.flatMap(({ part, action }) => (action === "create" || action === "replace" ? part : [])),
  };
}

interface CutService {
  service: ServiceJson;
  /** Where it goes meanwhile. */
  to: string | undefined;
  /** Why it does not. */
  reason: string | undefined;
}

/** @param replaced parts whose container is */
export function cutServices(
  { machine, services, peerAway }: Pick<PlanInput, "machine" | "peerAway"> & { services: readonly ServiceJson[] },
  replaced: readonly string[],
): CutService[] {
  return services
    .filter(({ name, owner }) => owner === machine && replaced.some((part) => isOfAgent(part, name)))
    .map((service): CutService => {
      const to = service.home === machine ? service.standby : service.home;
      const reason = peerAway ?? whyStays(service, to);
      return { service, to: reason === undefined ? to : undefined, reason };
    });
}

export const movesOf = (services: readonly CutService[], machine: string): Move[] =>
  services.flatMap(({ service, to }) => (to === undefined ? [] : [{ service: service.name, from: machine, to }]));

export const outagesOf = (services: readonly CutService[]): MachinePlan["outages"] =>
  services.flatMap(({ service, reason }) => (reason === undefined ? [] : [{ service: service.name, reason }]));

/** A cold standby is started by its move, so it need not be well before. */
function whyStays({ state, mode, instances, reason }: ServiceJson, to: string): string | undefined {
  if (state === "held") return `nobody acts for it: ${reason}`;
  const health = instances[to]?.health ?? "unknown";
  if (mode === "cold" || health === "healthy") return undefined;
  return `its instance on ${to} is ${health}`;
}

const names: Readonly<Record<string, string>> = {
  hub: "hub",
  nats: "NATS",
  pushgateway: "Pushgateway",
  router: "router",
  supervisor: "supervisor",
  "virtual-ip": "virtual address",
  prometheus: "Prometheus",
  grafana: "Grafana",
};

function wordOf(change: ContainerChange, input: PlanInput): string {
  const { part, action, agent, because } = change;
  const name = agent === undefined ? (names[part] ?? part) : `agent ${part}`;
  const why = because.length === 0 ? "" : ` (${because.join(", ")})`;
  switch (action) {
    case "create":
      return `${name}: made`;
    case "delete":
      return `${name}: taken away`;
    case "update":
      return `${name}: changed without a restart${why}`;
    case "replace":
      return `${name}: ${replacementOf(change, input)}${why}`;
  }
}

function replacementOf({ part, gapless, agent }: ContainerChange, input: PlanInput): string {
  if (agent !== undefined) return agent.role === "home" ? "restarts" : "its standby restarts";
  switch (part) {
    case "hub":
      return gapless ? "replaced without a gap" : "replaced; its port refuses connections for some seconds";
    case "router":
      return "replaced, its routed connections are cut";
    case "nats":
      return `replaced, the hub spools meanwhile (about ${seconds(estimate(input, "nats").ms)})`;
    case "pushgateway":
      return "replaced, refilled";
    default:
      return "replaced";
  }
}

function serviceWord({ service, to, reason }: CutService): string {
  if (to !== undefined) return `service ${service.name}: moves to ${to} meanwhile, and back`;
  return `service ${service.name}: is DOWN while its container restarts, ${reason}`;
}

const unknownServices = "services: no hub answers, so nobody knows which of them are down meanwhile";

function otherWord({ others }: Changes): string {
  const parts = Object.entries(others).flatMap(([action, count]) => (count === 0 ? [] : `${count} to ${action}`));
  return `files, directories and images: ${parts.join(", ")}`;
}

function copyWords(input: PlanInput, replaced: readonly string[]): string[] {
  const { peerAway, machine, peer, bufferSeconds, changes } = input;
  if (peer === undefined || changes.isFirst) return [];
  const part = copying.find((one) => replaced.includes(one));
  const buffer = `buffer: ${bufferWord(bufferSeconds)}`;
  if (peerAway !== undefined) return [`one copy only, as before: ${peerAway}`, buffer];
  if (part === undefined) return [];
  const { ms, from } = estimate(input, part);
  return [`one copy only of what ${machine} takes: about ${seconds(ms)} (${from})`, buffer];
}

/** The longest of this part's last three. */
function estimate({ kept }: PlanInput, part: string): { ms: number; from: string } {
  const timed = kept.flatMap(({ number, oneCopyMs, replaced }) =>
    oneCopyMs !== null && replaced.includes(part) ? [{ ms: oneCopyMs, number }] : [],
  );
  const [longest] = timed.slice(-3).toSorted((a, b) => b.ms - a.ms);
  if (longest === undefined) return { ms: assumedMs, from: "assumed: none was timed yet" };
  return { ms: longest.ms, from: `as in deployment ${longest.number}` };
}

function bufferWord(bufferSeconds: number | undefined): string {
  if (bufferSeconds === undefined) return "unknown, its hub does not say";
  if (!Number.isFinite(bufferSeconds)) return "no pushes at present";
  if (bufferSeconds > 3_600_000) return "more than 1000 h of pushes at the present rate";
  if (bufferSeconds < 3_600) return `${Math.floor(bufferSeconds / 60)} min of pushes at the present rate`;
  return `${(bufferSeconds / 3_600).toFixed(1)} h of pushes at the present rate`;
}

const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1_000))} s`;
