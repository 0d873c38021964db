/** Sums the pair up in one line: all is well, or what is wrong, since when, and what is being done about it. */
import type { AlertView, FleetView, LedgerView, ServiceJson } from "../http/api.ts";
import type { SilenceView } from "../http/notifications-json.ts";
import { agentFindings } from "./headline/agents.ts";
import { alertFindings, silencedText } from "./headline/alerts.ts";
import type { Finding, Level, Sight } from "./headline/finding.ts";
import { machineFindings } from "./headline/machines.ts";
import { maintenanceFindings } from "./headline/maintenance.ts";
import { recordFindings } from "./headline/records.ts";
import { aliveText, satelliteFindings } from "./headline/satellites.ts";
import { serviceFindings } from "./headline/services.ts";
import { ageText, clockText, countText, type Zone } from "./words.ts";

export type { Level } from "./headline/finding.ts";

export interface Headline {
  level: Level;
  /** One sentence; while something is wrong it holds an age that grows each second. */
  title: string;
  /** The title without ages, for a window's title and for reading aloud: it changes only with the state. */
  spoken: string;
  /** What follows from it and what is being done, then what else is wrong. */
  details: string[];
}

/** What the page knows beside the fleet; a hub that renders knows that its own view is fresh. */
export interface HeadlineNews {
  /** Now by the hub's clock, ms since 1970. @default the view's own time */
  nowMs?: number;
  /** @default "local" */
  zone?: Zone;
  ledger?: LedgerView;
  /** Those that stand, as far as they are known. @default none */
  alerts?: readonly AlertView[];
  /** @default none */
  silences?: readonly SilenceView[];
  /** @default none */
  services?: readonly ServiceJson[];
  /** Silence of the hub that feeds the page, ms. @default 0 */
  silentMs?: number;
  /** The hub that served the page, while the other one feeds it; `since` is an instant. */
  lost?: { hub: string; machine: string; since: string };
}

/** A hub speaks each second; a page that heard nothing for this long says so, ms. */
export const staleAfterMs = 3_000;

export function headlineOf(fleet: FleetView, news: HeadlineNews = {}): Headline {
  const told = word(findingsOf(sightOf(fleet, news, true), news));
  const spoken = word(findingsOf(sightOf(fleet, news, false), news)).title;
  return { ...told, spoken };
}

function findingsOf(sight: Sight, news: HeadlineNews): Finding[] {
  const silentMs = news.silentMs ?? 0;
  if (silentMs >= staleAfterMs) return [staleFinding(sight, silentMs)];
  const findings = [
    ...machineFindings(sight),
    ...satelliteFindings(sight),
    ...recordFindings(sight, news.ledger),
    ...agentFindings(sight),
    ...serviceFindings(news.services ?? []),
    ...alertFindings(sight, news.alerts ?? [], news.silences ?? []),
    ...maintenanceFindings(sight),
  ];
  const ordered = findings.toSorted((a, b) => ranks[a.level] - ranks[b.level]);
  const source = news.lost === undefined ? [] : [sourceFinding(sight, news.lost)];
  const all = [...ordered, ...source];
  return all.length === 0 ? [wellFinding(sight, news)] : all;
}

const ranks: Record<Level, number> = { trouble: 0, watch: 1, well: 2 };

function word([first, ...others]: Finding[]): Omit<Headline, "spoken"> {
  if (first === undefined) throw new Error("a headline needs a finding");
  return { ...first, details: [...first.details, ...others.map(({ title }) => `${title}.`)] };
}

function sightOf(fleet: FleetView, { nowMs = Date.parse(fleet.now), zone }: HeadlineNews, ages: boolean): Sight {
  const machines = Object.entries(fleet.machines).map(([name, view]) => ({ name, view }));
  const self = machines.find(({ view }) => view.self);
  const peer = machines.find(({ view }) => !view.self);
  if (self === undefined || peer === undefined) throw new Error("a fleet's view holds its own machine and its peer");
  return {
    fleet,
    self,
    peer,
    since: (instant) => {
      const age = ages ? ` (${ageText(nowMs - Date.parse(instant))})` : "";
      return `since ${clockText(instant, nowMs, zone)}${age}`;
    },
    until: (instant) => `until ${clockText(instant, nowMs, zone)}`,
    ago: (ms) => (ages ? ` for ${ageText(ms)}` : ""),
    instantAgo: (ms) => new Date(nowMs - ms).toISOString(),
  };
}

function wellFinding(sight: Sight, { ledger, alerts = [], silences = [] }: HeadlineNews): Finding {
  const { fleet, since } = sight;
  const pending = ledger?.pending ?? fleet.sync.uncopied;
  const copies =
    pending === 0 ? "Every record has two copies" : `${countText(pending, "record")} on the way to a second copy`;
  return {
    level: "well",
    title: "All is well",
    details: [
      `${aliveText(sight)} are alive, all ${countText(fleet.agents.length, "agent")} healthy.`,
      `${copies}; in sync ${since(fleet.sync.since)}.`,
      ...[silencedText(alerts, silences) ?? []].flat(),
    ],
  };
}

function staleFinding({ self, peer, since, instantAgo }: Sight, silentMs: number): Finding {
  return {
    level: "trouble",
    title: `No hub has answered this page ${since(instantAgo(silentMs))}`,
    details: [
      `${self.view.hub.name} on ${self.name} and ${peer.view.hub.name} on ${peer.name} are asked in turn; the page goes on with the first that answers.`,
      "What it shows is what was so then.",
    ],
  };
}

function sourceFinding({ fleet, self, since }: Sight, lost: { hub: string; machine: string; since: string }): Finding {
  return {
    level: "watch",
    title: `${lost.hub} on ${lost.machine} does not answer this page ${since(lost.since)}; ${fleet.hub} on ${self.name} tells what you see`,
    details: [],
  };
}
