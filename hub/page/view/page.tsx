/** The whole page from its state: the hub writes it as HTML, the script draws it again whenever something is heard. */
import type { FleetView, LedgerView } from "../../http/api.ts";
import { type HeadlineNews, headlineOf } from "../headline.ts";
import { type Filter, isStale } from "../state.ts";
import { ageText, clockText, countText, numberText } from "../words.ts";
import { Attention } from "./attention.tsx";
import { Fleet, type FleetActions } from "./fleet.tsx";
import { HeadlinePanel } from "./headline-panel.tsx";
import { LedgerLines, Link } from "./link.tsx";
import type { Look } from "./look.tsx";
import { MachineCard } from "./machine-card.tsx";
import { SatelliteCard } from "./satellite-card.tsx";

export interface PageProps {
  fleet: FleetView;
  ledger: LedgerView;
  /** What the page knows beside the fleet: the time, and who tells what is shown. */
  news: HeadlineNews;
  filter: Filter;
  tile: string | undefined;
  /** Missing where no script runs. */
  act: FleetActions | undefined;
}

export function Page(props: PageProps) {
  const { fleet, ledger, news, filter, tile, act } = props;
  const words = headlineOf(fleet, news);
  const look = lookOf(props);
  // One order on both hubs' pages, so that nothing jumps when the other one takes over.
  const names = Object.keys(fleet.machines).sort();
  const cards = names.flatMap((name) => {
    const machine = fleet.machines[name];
    const agents = fleet.agents.filter((agent) => agent.machine === name);
    return machine === undefined ? [] : [<MachineCard key={name} {...{ name, machine, agents, look }} />];
  });
  return (
    <div class={`page ${isStale(look.heardAgoMs) ? "stale" : `is-${words.level}`}`}>
      <TopBar fleet={fleet} look={look} live={act !== undefined} />
      <main>
        <HeadlinePanel {...words} />
        <Attention fleet={fleet} look={look} />
        <section class="pair" aria-labelledby="pair-title">
          <h2 id="pair-title" class="unseen">
            The pair
          </h2>
          {cards[0]}
          <Link fleet={fleet} ledger={ledger} look={look} />
          {cards.slice(1)}
          <LedgerLines lines={ledger.lines} />
        </section>
        <Satellites fleet={fleet} look={look} />
        <Fleet fleet={fleet} filter={filter} tile={tile} look={look} act={act} />
      </main>
      <Footer {...props} />
    </div>
  );
}

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

function Footer({ fleet, news }: PageProps) {
  const base = news.lost === undefined ? "" : (fleet.machines[fleet.machine]?.hub.url ?? "");
  const links = ["/metrics", "/api/v1/fleet", "/api/v1/ledger", "/api/v1/events"];
  return (
    <footer>
      <p>
        Tandem {fleet.version} · {countText(fleet.metrics.groups, "push group")}, {numberText(fleet.metrics.series)}{" "}
        series · incarnation {fleet.incarnation}
      </p>
      <nav aria-label="Endpoints">
        {links.map((path) => (
          <a key={path} href={`${base}${path}`}>
            {path}
          </a>
        ))}
      </nav>
    </footer>
  );
}
