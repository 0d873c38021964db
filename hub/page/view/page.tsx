/** The whole page from its state: the hub writes it as HTML, the script draws it again whenever something is heard. */
import type { FleetView, LedgerView } from "../../http/api.ts";
import { type HeadlineNews, headlineOf } from "../headline.ts";
import type { OperatorState } from "../operator.ts";
import type { SectionName, Sections } from "../sections.ts";
import { type Filter, isStale, type PageState } from "../state.ts";
import { ageText, clockText, countText, numberText } from "../words.ts";
import type { Actions, OperatorSeat } from "./actions.ts";
import { Alerts } from "./alerts.tsx";
import { Attention } from "./attention.tsx";
import { Fleet } from "./fleet.tsx";
import { HeadlinePanel } from "./headline-panel.tsx";
import { History } from "./history.tsx";
import { LedgerLines, Link } from "./link.tsx";
import type { Look } from "./look.tsx";
import { MachineCard } from "./machine-card.tsx";
import { Objectives } from "./objectives.tsx";
import { OperatorBar, signInHint } from "./operator-bar.tsx";
import { Progress } from "./progress.tsx";
import { SatelliteCard } from "./satellite-card.tsx";
import { Untold } from "./section-head.tsx";
import { Services } from "./services.tsx";
import { Timeline } from "./timeline.tsx";
import { WorkedOn } from "./worked-on.tsx";

export interface PageProps {
  fleet: FleetView;
  ledger: LedgerView;
  sections: Sections;
  /** Why a section is old, or not told at all. */
  old: Partial<Record<SectionName, string>>;
  /** What the page knows beside the fleet: the time, and who tells what is shown. */
  news: HeadlineNews;
  filter: Filter;
  tile: string | undefined;
  hovered: string | undefined;
  chosen: string | undefined;
  kinds: PageState["kinds"];
  older: PageState["older"];
  span: PageState["span"];
  scrub: PageState["scrub"];
  operator: OperatorState;
  /** Missing where no script runs. */
  act: Actions | undefined;
}

export function Page(props: PageProps) {
  const { fleet, ledger, sections, old, news, act } = props;
  const words = headlineOf(fleet, news);
  const look = lookOf(props);
  const operator = seatOf(props);
  const { alerts, silences = [], services } = sections;
  const base = baseOf(props);
  return (
    <div class={`page ${isStale(look.heardAgoMs) ? "stale" : `is-${words.level}`}`}>
      <TopBar fleet={fleet} look={look} live={act !== undefined} />
      <main>
        <HeadlinePanel {...words} />
        {act === undefined ? null : (
          <OperatorBar state={props.operator} lostHome={news.lost?.hub} look={look} act={act.operator} />
        )}
        {alerts === undefined ? (
          <Absent id="alerts-title" title="Alerts" old={old.alerts} />
        ) : (
          <Alerts {...{ alerts, silences, base, look, operator }} old={old.alerts} />
        )}
        <Attention fleet={fleet} alerts={alerts?.alerts ?? []} look={look} />
        <WorkedOn maintenance={fleet.maintenance} {...{ silences, look, operator }} />
        <Pair {...{ fleet, ledger, services, look, operator }} />
        <Satellites fleet={fleet} look={look} />
        {services === undefined ? (
          <Absent id="services-title" title="Services" old={old.services} />
        ) : (
          <Services {...{ services, operator }} machines={pairOf(fleet)} old={old.services} />
        )}
        <Told {...props} look={look} />
        <Fleet
          {...{ ...props, look, operator }}
          graph={sections.graph}
          services={services ?? []}
          history={sections.agentHistory}
        />
        <History history={sections.history} old={old.history} act={act} />
        <Progress migration={sections.migration} drills={sections.drills} old={old.migration} look={look} />
      </main>
      <Footer {...props} base={base} />
    </div>
  );
}

/** Of a section that the hub does not tell at present it is said why; of one that it does not know, nothing. */
function Absent({ id, title, old }: { id: string; title: string; old: string | undefined }) {
  return old === undefined ? null : <Untold {...{ id, title, old }} />;
}

/** What happened, beside what was promised. */
function Told(props: PageProps & { look: Look }) {
  const { sections, old, look } = props;
  const { timeline, objectives } = sections;
  const absent = timeline === undefined && old.timeline === undefined && objectives === undefined;
  if (absent && old.objectives === undefined) return null;
  return (
    <div class={objectives === undefined || objectives.objectives.length === 0 ? "told" : "told is-split"}>
      {timeline === undefined ? (
        <Absent id="timeline-title" title="What happened" old={old.timeline} />
      ) : (
        <Timeline {...props} timeline={timeline} />
      )}
      {objectives === undefined ? (
        <Absent id="objectives-title" title="Objectives" old={old.objectives} />
      ) : (
        <Objectives {...{ objectives, look }} old={old.objectives} />
      )}
    </div>
  );
}

/** One order on both hubs' pages, so that nothing jumps when the other one takes over. */
const pairOf = ({ machines }: FleetView): string[] => Object.keys(machines).sort();

interface PairProps extends Pick<PageProps, "fleet" | "ledger"> {
  services: Sections["services"];
  look: Look;
  operator: OperatorSeat | undefined;
}

function Pair({ fleet, ledger, services, look, operator }: PairProps) {
  const cards = pairOf(fleet).flatMap((name) => {
    const machine = fleet.machines[name];
    if (machine === undefined) return [];
    const agents = fleet.agents.filter((agent) => agent.machine === name);
    const buffer = machine.self ? fleet.buffer : undefined;
    return [<MachineCard key={name} {...{ name, machine, agents, services, buffer, look, operator }} />];
  });
  return (
    <section class="pair" aria-labelledby="pair-title">
      <h2 id="pair-title" class="unseen">
        The pair
      </h2>
      {cards[0]}
      <Link fleet={fleet} ledger={ledger} look={look} />
      {cards.slice(1)}
      <LedgerLines lines={ledger.lines} />
    </section>
  );
}

/** An operator signed in at the hub that served the page, and it answers: orders go there alone. */
function seatOf({ operator, news, act }: PageProps): OperatorSeat | undefined {
  if (act === undefined || operator.session === undefined || news.lost !== undefined) return undefined;
  return { state: operator, act: act.operator };
}

/** Address of the hub that feeds the page; empty while that is the one that served it. */
const baseOf = ({ fleet, news }: PageProps): string =>
  news.lost === undefined ? "" : (fleet.machines[fleet.machine]?.hub.url ?? "");

function Satellites({ fleet, look }: { fleet: FleetView; look: Look }) {
  const names = Object.keys(fleet.satellites).sort();
  if (names.length === 0) return null;
  return (
    <section class="satellites" aria-labelledby="satellites-title">
      <h2 id="satellites-title">Satellites</h2>
      {names.flatMap((name) => {
        const satellite = fleet.satellites[name];
        if (satellite === undefined) return [];
        const agents = fleet.agents.filter((agent) => agent.machine === name);
        const hub = fleet.machines[satellite.askedBy]?.hub.name ?? satellite.askedBy;
        return [<SatelliteCard key={name} {...{ name, satellite, agents, hub, look }} />];
      })}
    </section>
  );
}

function lookOf({ fleet, news }: PageProps): Look {
  return { nowMs: news.nowMs ?? Date.parse(fleet.now), heardAgoMs: news.silentMs ?? 0, zone: news.zone ?? "local" };
}

function TopBar({ fleet, look, live }: { fleet: FleetView; look: Look; live: boolean }) {
  const clock = clockText(new Date(look.nowMs - look.heardAgoMs).toISOString(), look.nowMs, look.zone);
  const stale = isStale(look.heardAgoMs);
  const state = !live ? "as of" : stale ? `${ageText(look.heardAgoMs)} old, as of` : "live";
  return (
    <div class="topbar">
      <a class="skip" href="#fleet">
        Skip to the fleet
      </a>
      <p class="wordmark">
        <svg viewBox="0 0 40 20" aria-hidden="true" focusable="false">
          <path d="M10 10H30" />
          <circle cx="10" cy="10" r="7" />
          <circle cx="30" cy="10" r="7" />
        </svg>
        Tandem
      </p>
      <p class="source">
        {fleet.hub} on {fleet.machine} <span class={stale ? "pulse is-trouble" : "pulse"}>{state}</span>{" "}
        <span class="clock">{clock}</span>
      </p>
    </div>
  );
}

function Footer({ fleet, operator, base }: PageProps & { base: string }) {
  const links = ["/metrics", "/api/v1/fleet", "/api/v1/alerts", "/api/v1/services", "/api/v1/ledger", "/api/v1/events"];
  return (
    <footer>
      <p>
        Tandem {fleet.version} · {countText(fleet.metrics.groups, "push group")}, {numberText(fleet.metrics.series)}{" "}
        series · incarnation {fleet.incarnation}
      </p>
      <nav aria-label="Endpoints and runbooks">
        {links.map((path) => (
          <a key={path} href={`${base}${path}`}>
            {path}
          </a>
        ))}
        <a href={`${base}/runbooks/`}>Runbooks</a>
      </nav>
      {operator.session === undefined ? signInHint : null}
    </footer>
  );
}
