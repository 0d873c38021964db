/** What the page knows, and how an event of a hub or a deed of the reader changes it. Pure. */
import type { AgentView, FleetView, HubEvent, LedgerView } from "../http/api.ts";
import { type HeadlineNews, staleAfterMs } from "./headline.ts";

export type Health = AgentView["health"];
export const healths: readonly Health[] = ["healthy", "degraded", "unhealthy", "unknown"];

export interface Filter {
  /** Words that all must occur in an agent's name, machine or group. */
  text: string;
  health: Health | "all";
}

export interface PageState {
  /** Machine whose hub served the page. */
  home: string;
  fleet: FleetView;
  ledger: LedgerView;
  /** Since when another hub feeds the page, by that hub's clock; undefined while the hub that served it does. */
  lostSince: string | undefined;
  /** When the newest event came, monotonic ms of the browser. */
  heardAtMs: number;
  /** Wall clock of the hub less the monotonic clock of the browser, ms: ages go by the hub's clock. */
  hubClockMs: number;
  filter: Filter;
  /** The tile that the Tab key reaches, `machine/name`. */
  tile: string | undefined;
}

export const idOf = ({ machine, name }: AgentView): string => `${machine}/${name}`;

export function startState(fleet: FleetView, ledger: LedgerView, atMs: number): PageState {
  return {
    home: fleet.machine,
    fleet,
    ledger,
    lostSince: undefined,
    heardAtMs: atMs,
    hubClockMs: Date.parse(fleet.now) - atMs,
    filter: { text: "", health: "all" },
    tile: undefined,
  };
}

/** What the headline is told at this moment, monotonic ms of the browser. */
export function newsOf(
  { home, fleet, ledger, lostSince, heardAtMs, hubClockMs }: PageState,
  atMs: number,
): HeadlineNews {
  const silentMs = atMs - heardAtMs;
  const hub = fleet.machines[home]?.hub.name ?? home;
  const lost = lostSince === undefined ? {} : { lost: { hub, machine: home, since: lostSince } };
  return { nowMs: atMs + hubClockMs, silentMs, ledger, ...lost };
}

export function heard(state: PageState, event: HubEvent, atMs: number): PageState {
  const news = { ...state, heardAtMs: atMs };
  switch (event.type) {
    case "fleet": {
      const { fleet } = event;
      const lostSince = fleet.machine === state.home ? undefined : (state.lostSince ?? fleet.now);
      return { ...news, fleet, lostSince, hubClockMs: Date.parse(fleet.now) - atMs };
    }
    case "health": {
      const id = idOf(event.agent);
      const agents = state.fleet.agents.map((agent) => (idOf(agent) === id ? event.agent : agent));
      return { ...news, fleet: { ...state.fleet, agents, totals: countByHealth(agents) } };
    }
    case "machine": {
      const machines = { ...state.fleet.machines, [event.name]: event.machine };
      return { ...news, fleet: { ...state.fleet, machines } };
    }
    case "satellite": {
      const satellites = { ...state.fleet.satellites, [event.name]: event.satellite };
      return { ...news, fleet: { ...state.fleet, satellites } };
    }
    case "sync":
      return { ...news, fleet: { ...state.fleet, sync: event.sync } };
    case "moved":
    case "services":
    case "alerts":
    case "timeline":
      return news;
  }
}

/** Whether nothing was heard for so long that what is shown may be wrong. */
export const isStale = (heardAgoMs: number): boolean => heardAgoMs >= staleAfterMs;

/** Probes come every few seconds; an observation this old says little, ms. */
export const oldObservationMs = 10_000;

export function countByHealth(agents: readonly AgentView[]): Record<Health, number> {
  const totals: Record<Health, number> = { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 };
  for (const { health } of agents) totals[health]++;
  return totals;
}

export function matches(agent: AgentView, { text, health }: Filter): boolean {
  if (health !== "all" && agent.health !== health) return false;
  const haystack = `${agent.name} ${agent.machine} ${agent.group} ${groupTitle(agent.group)}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

export interface AgentGroup {
  name: string;
  agents: AgentView[];
}

/** Groups in the order in which the fleet names them, so that nothing jumps when a health turns. */
export function groupsOf(agents: readonly AgentView[]): AgentGroup[] {
  const groups = new Map<string, AgentView[]>();
  for (const agent of agents) {
    const members = groups.get(agent.group);
    if (members === undefined) groups.set(agent.group, [agent]);
    else members.push(agent);
  }
  return [...groups].map(([name, members]) => ({ name, agents: members }));
}

export const groupTitle = (group: string): string => group.replaceAll("_", " ");
