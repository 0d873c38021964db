/** The fleet as a dense grid of tiles, by machine and group, with a filter where a script runs. */
import type { AgentView, FleetView } from "../../http/api.ts";
import { countByHealth, type Filter, groupsOf, groupTitle, type Health, healths, idOf, matches } from "../state.ts";
import { Filters } from "./filters.tsx";
import type { Look } from "./look.tsx";
import { Tile } from "./tile.tsx";

/** What a reader can do; missing where no script runs. */
export interface FleetActions {
  filterText(text: string): void;
  filterHealth(health: Health | "all"): void;
  focusTile(id: string): void;
  key(event: KeyboardEvent): void;
}

export interface FleetProps {
  fleet: FleetView;
  filter: Filter;
  /** The tile that the Tab key reaches. */
  tile: string | undefined;
  look: Look;
  act: FleetActions | undefined;
}

export function Fleet({ fleet, filter, tile, look, act }: FleetProps) {
  const shown = fleet.agents.filter((agent) => matches(agent, filter));
  const ids = shown.map(idOf);
  const reached = tile !== undefined && ids.includes(tile) ? tile : ids[0];
  const machines = [...Object.keys(fleet.machines), ...Object.keys(fleet.satellites)].sort();
  return (
    <section class="fleet" id="fleet" aria-labelledby="fleet-title" onKeyDown={act?.key}>
      <div class="fleet-head">
        <h2 id="fleet-title">
          Fleet <span class="count">{fleet.agents.length} agents</span>
        </h2>
        <Filters totals={countByHealth(fleet.agents)} filter={filter} shown={shown.length} act={act} />
      </div>
      {machines.map((machine) => (
        <MachineFleet
          key={machine}
          machine={machine}
          all={fleet.agents.filter((agent) => agent.machine === machine)}
          shown={shown.filter((agent) => agent.machine === machine)}
          tileOf={(agent) => (
            <Tile
              key={agent.name}
              agent={agent}
              look={look}
              reached={act === undefined || idOf(agent) === reached}
              onFocus={act === undefined ? undefined : () => act.focusTile(idOf(agent))}
            />
          )}
        />
      ))}
      {shown.length === 0 ? <p class="nobody">No agent matches this filter.</p> : null}
    </section>
  );
}

interface MachineFleetProps {
  machine: string;
  all: AgentView[];
  shown: AgentView[];
  tileOf(agent: AgentView): preact.JSX.Element;
}

function MachineFleet({ machine, all, shown, tileOf }: MachineFleetProps) {
  if (shown.length === 0) return null;
  const counts = countByHealth(all);
  const words = healths.filter((health) => counts[health] > 0).map((health) => `${counts[health]} ${health}`);
  const id = `fleet-${machine}`;
  return (
    <section class="machine-fleet" aria-labelledby={id}>
      <h3 id={id}>
        {machine} <span class="count">{`${all.length} agents · ${words.join(" · ")}`}</span>
      </h3>
      <div class="groups">
        {groupsOf(shown).map((group) => (
          <div class="group" key={group.name}>
            <h4>{groupTitle(group.name)}</h4>
            <ul class="tiles">{group.agents.map(tileOf)}</ul>
          </div>
        ))}
      </div>
    </section>
  );
}
