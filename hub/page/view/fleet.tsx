/** The fleet as a dense grid of tiles, by machine and group, with a filter where a script runs. */
import type { AgentView, FleetView, ServiceJson } from "../../http/api.ts";
import type { GraphView } from "../../http/graph-json.ts";
import type { AgentHistoryView } from "../../http/history-json.ts";
import { type Radius, radiusOf } from "../blast.ts";
import { inColumns } from "../columns.ts";
import { countByHealth, type Filter, groupsOf, groupTitle, healths, idOf, matches } from "../state.ts";
import type { Actions, OperatorSeat } from "./actions.ts";
import { Blast } from "./blast.tsx";
import { Filters } from "./filters.tsx";
import type { Look } from "./look.tsx";
import { type Relation, Tile } from "./tile.tsx";

export interface FleetProps {
  fleet: FleetView;
  filter: Filter;
  /** The tile that the Tab key reaches. */
  tile: string | undefined;
  /** The tile that the pointer came to last. */
  hovered: string | undefined;
  /** The agent whose needs and blast radius are shown. */
  chosen: string | undefined;
  graph: GraphView | undefined;
  services: readonly ServiceJson[];
  history: AgentHistoryView | undefined;
  look: Look;
  act: Actions | undefined;
  operator: OperatorSeat | undefined;
}

export function Fleet(props: FleetProps) {
  const { fleet, filter, tile, hovered, chosen, graph, history, look, act } = props;
  const shown = fleet.agents.filter((agent) => matches(agent, filter));
  const ids = shown.map(idOf);
  const reached = tile !== undefined && ids.includes(tile) ? tile : ids[0];
  const chosenAgent = chosen === undefined ? undefined : fleet.agents.find((agent) => idOf(agent) === chosen);
  const radius = chosen === undefined || graph === undefined ? undefined : radiusOf(graph, chosen);
  const relationOf = relations(chosenAgent === undefined ? undefined : chosen, radius);
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
              tipped={act === undefined || [tile, hovered].includes(idOf(agent))}
              onHover={act === undefined ? undefined : () => act.hoverTile(idOf(agent))}
              onFocus={act === undefined ? undefined : () => act.focusTile(idOf(agent))}
              onChoose={
                act === undefined ? undefined : () => act.choose(idOf(agent) === chosen ? undefined : idOf(agent))
              }
              relation={relationOf(idOf(agent))}
              history={history?.agents[idOf(agent)]}
              historyStepMs={history?.stepMs ?? 0}
            />
          )}
        />
      ))}
      {shown.length === 0 ? <p class="nobody">No agent matches this filter.</p> : null}
      {chosenAgent === undefined || act === undefined ? null : (
        <Blast {...props} chosen={chosenAgent} radius={radius} act={act} />
      )}
    </section>
  );
}

function relations(chosen: string | undefined, radius: Radius | undefined): (id: string) => Relation | undefined {
  if (chosen === undefined) return () => undefined;
  const needs = new Set(radius?.needs.flat());
  const below = new Set(radius?.below.flat());
  return (id) => (id === chosen ? "chosen" : needs.has(id) ? "needed" : below.has(id) ? "below" : "apart");
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
        {inColumns(groupsOf(shown)).map((groups, at) => (
          <div class="column" key={at === 0 ? "first" : "second"}>
            {groups.map((group) => (
              <div class="group" key={group.name}>
                <h4>{groupTitle(group.name)}</h4>
                <ul class="tiles">{group.agents.map(tileOf)}</ul>
              </div>
            ))}
          </div>
        ))}
      </div>
    </section>
  );
}
