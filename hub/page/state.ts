/** What the page knows, and how an event of a hub or a deed of the reader changes it. Pure. */
import type { AgentView, FleetView, HubEvent, LedgerView } from "../http/api.ts";
import type { TimelineEntry, TimelineView } from "../http/timeline-json.ts";
import { type HeadlineNews, staleAfterMs } from "./headline.ts";
import type { OperatorState } from "./operator.ts";
import type { Scrub, Span } from "./past/scrub.ts";
import { isOld, type Readings, type SectionName, type Sections, sources } from "./sections.ts";
import { entriesSince, isApart, isFull, type TimelineGroup, withEntries } from "./timeline.ts";
import { ageText } from "./words.ts";

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
  sections: Sections;
  readings: Readings;
  filter: Filter;
  /** The tile that the Tab key reaches, `machine/name`. */
  tile: string | undefined;
  /** The tile that the pointer came to last. */
  hovered: string | undefined;
  /** The agent whose needs and blast radius are shown. */
  chosen: string | undefined;
  /** What of the timeline is shown. */
  kinds: TimelineChoice;
  /** Further pages of the timeline: whether one is being read, and whether there may be more. */
  older: "some" | "reading" | "none";
  /**
   * The newest of the timeline when a hub began to feed the page, an instant: what it told since may leave a gap behind it. Undefined
   * once the timeline was read.
   */
  unbrokenTo: string | undefined;
  /** How far back the scrubber goes. */
  span: Span;
  /** The moment that is looked at instead of now. */
  scrub: Scrub | undefined;
  operator: OperatorState;
}

export type TimelineChoice = TimelineGroup | "all";

export const idOf = ({ machine, name }: AgentView): string => `${machine}/${name}`;

export function startState(fleet: FleetView, ledger: LedgerView, atMs: number, sections: Sections = {}): PageState {
  const told = Object.keys(sections).map((name) => [name, { atMs, refusal: "" }]);
  return {
    home: fleet.machine,
    fleet,
    ledger,
    lostSince: undefined,
    heardAtMs: atMs,
    hubClockMs: Date.parse(fleet.now) - atMs,
    sections,
    readings: Object.fromEntries(told),
    filter: { text: "", health: "all" },
    tile: undefined,
    hovered: undefined,
    chosen: undefined,
    kinds: "all",
    older: "some",
    unbrokenTo: undefined,
    span: "day",
    scrub: undefined,
    operator: {},
  };
}

/** What the headline is told at this moment, monotonic ms of the browser. */
export function newsOf(
  { home, fleet, ledger, lostSince, heardAtMs, hubClockMs, sections }: PageState,
  atMs: number,
): HeadlineNews {
  const silentMs = atMs - heardAtMs;
  const hub = fleet.machines[home]?.hub.name ?? home;
  const lost = lostSince === undefined ? {} : { lost: { hub, machine: home, since: lostSince } };
  return { nowMs: atMs + hubClockMs, silentMs, ledger, ...lost, ...toldOf(sections) };
}

/** What of the sections the headline speaks of. */
export const toldOf = ({ alerts, silences, services }: Sections): HeadlineNews => ({
  alerts: alerts?.alerts ?? [],
  silences: silences ?? [],
  services: services ?? [],
});

/** A hub begins to feed the page, again or for the first time: what happened before that it tells when it is asked. */
export const adopted = (state: PageState): PageState => ({
  ...state,
  unbrokenTo: state.unbrokenTo ?? state.sections.timeline?.entries[0]?.at,
});

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
    case "services":
      return told(news, "services", event.services, atMs);
    case "alerts": {
      const { machine, now } = state.fleet;
      return told(news, "alerts", { machine, now, alerts: event.alerts }, atMs);
    }
    case "timeline": {
      const { timeline } = state.sections;
      if (timeline === undefined) return news;
      const entries = withEntries(timeline.entries, [event.entry]);
      return { ...news, sections: { ...state.sections, timeline: { ...timeline, entries } } };
    }
    case "moved":
      return moved(news, event, atMs);
  }
}

/** The services as a whole are told a moment later: who waits for a move should not wait for that. */
function moved(
  state: PageState,
  { service, to, epoch }: Extract<HubEvent, { type: "moved" }>,
  atMs: number,
): PageState {
  const { services = [] } = state.sections;
  const before = services.find(({ name }) => name === service);
  if (before === undefined || before.epoch >= epoch) return state;
  // Whether its new owner acts already is not said.
  const isBetween = before.state === "moving" || before.state === "held";
  const after = {
    ...before,
    owner: to,
    epoch,
    state: isBetween ? before.state : to === before.home ? "home" : "away",
  } as const;
  return told(
    state,
    "services",
    services.map((each) => (each === before ? after : each)),
    atMs,
  );
}

/** A section was told, by an event or when it was asked for. */
export function told<Name extends SectionName>(
  state: PageState,
  name: Name,
  value: Sections[Name],
  atMs: number,
): PageState {
  const sections = { ...state.sections, [name]: value };
  const { timeline } = sections;
  const before = state.sections.timeline?.entries ?? [];
  const isTimeline = name === "timeline" && timeline !== undefined;
  const isBroken = isTimeline && isApart(state.unbrokenTo ?? before[0]?.at, timeline.entries);
  // What was read of older pages stays, and is the same at both hubs: a hub tells its newest entries only.
  const known = isBroken ? entriesSince(before, timeline.entries.at(-1)?.at ?? "") : before;
  if (isTimeline) sections.timeline = { ...timeline, entries: withEntries(known, timeline.entries) };
  const unbrokenTo = isTimeline ? undefined : state.unbrokenTo;
  // A hub that had nothing older may have been reading its records still.
  const isFurther = reachesFurther(sections.timeline, state.sections.timeline?.reachesBackTo);
  const older = (isFurther && state.older === "none") || isBroken ? "some" : state.older;
  return { ...state, sections, older, unbrokenTo, readings: { ...state.readings, [name]: { atMs, refusal: "" } } };
}

/** Whether an event has told of it since a hub was asked: the answer may be older, however late it comes. */
export const isOvertaken = ({ readings }: PageState, name: SectionName, askedAtMs: number): boolean =>
  (readings[name]?.atMs ?? Number.NEGATIVE_INFINITY) > askedAtMs;

const reachesFurther = (timeline: TimelineView | undefined, before: string | undefined): boolean =>
  timeline !== undefined && before !== undefined && timeline.reachesBackTo < before && !isFull(timeline.entries);

/** The hub does not tell a section. One that it does not know is left out; of another the last value stays. */
export function refused(
  state: PageState,
  name: SectionName,
  { reason, known }: { reason: string; known: boolean },
  atMs: number,
): PageState {
  if (!known) {
    const { [name]: _, ...sections } = state.sections;
    const { [name]: __, ...readings } = state.readings;
    return { ...state, sections, readings };
  }
  const sinceMs = state.readings[name]?.atMs ?? atMs - sources[name].everyMs;
  return { ...state, readings: { ...state.readings, [name]: { atMs: sinceMs, refusal: reason } } };
}

/** Why sections are old, or not told: with their age, or in the words of the hub. */
export function oldOf({ readings, sections }: PageState, atMs: number): Partial<Record<SectionName, string>> {
  const entries = (Object.keys(readings) as SectionName[]).flatMap((name): [SectionName, string][] => {
    const reading = readings[name];
    if (reading === undefined) return [];
    const why = reading.refusal === "" ? "" : `: ${reading.refusal}`;
    if (sections[name] === undefined) return reading.refusal === "" ? [] : [[name, `not told at present${why}`]];
    return isOld(name, reading, atMs) ? [[name, `${ageText(atMs - reading.atMs)} old${why}`]] : [];
  });
  return Object.fromEntries(entries);
}

/**
 * @param entries an older page of the timeline; undefined when it could not be read
 * @param reachedBackTo what the hub could tell when it was asked for them
 */
export function withOlder(
  state: PageState,
  entries: TimelineEntry[] | undefined,
  reachedBackTo = state.sections.timeline?.reachesBackTo,
): PageState {
  const { timeline } = state.sections;
  if (timeline === undefined || entries === undefined) return { ...state, older: "some" };
  const all = withEntries(timeline.entries, entries);
  const isNothingNew = all.length === timeline.entries.length && !reachesFurther(timeline, reachedBackTo);
  const older = isNothingNew || isFull(all) ? "none" : "some";
  return { ...state, older, sections: { ...state.sections, timeline: { ...timeline, entries: all } } };
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
