/** The chosen agent in the middle: what it needs on one side, what hangs below it on the other, step by step. */
import type { AgentView, FleetView, ServiceJson } from "../../http/api.ts";
import type { Radius } from "../blast.ts";
import { idOf } from "../state.ts";
import { countText } from "../words.ts";
import type { Actions, OperatorSeat } from "./actions.ts";
import { type Look, Mark, Since, toneOfHealth } from "./look.tsx";
import { FormFor } from "./order-form.tsx";

export interface BlastProps {
  fleet: FleetView;
  chosen: AgentView;
  /** Undefined while the hub does not tell who needs whom. */
  radius: Radius | undefined;
  services: readonly ServiceJson[];
  look: Look;
  act: Actions;
  operator: OperatorSeat | undefined;
}

const mostShown = 40;

export function Blast({ fleet, chosen, radius, services, look, act, operator }: BlastProps) {
  const id = idOf(chosen);
  return (
    <aside class={`blast is-${toneOfHealth[chosen.health]}`} aria-labelledby="blast-title">
      <div class="blast-head">
        <h3 id="blast-title">
          <Mark tone={toneOfHealth[chosen.health]} /> {chosen.name}
          <span class="count">
            {" "}
            on {chosen.machine}, {chosen.health}
          </span>
        </h3>
        <Since instant={chosen.since} look={look} />
        <p class="unseen" role="status">
          {radius === undefined ? `${chosen.name} is chosen` : summary(chosen, radius)}
        </p>
        {operator === undefined ? null : (
          <button type="button" class="deed" onClick={() => operator.act.open({ kind: "maintenance", target: id })}>
            Begin maintenance
          </button>
        )}
        <button type="button" class="choice" onClick={() => act.choose(undefined)}>
          Close <span class="key">Esc</span>
        </button>
      </div>
      <FormFor operator={operator} kind="maintenance" subject={id} />
      {radius === undefined ? (
        <p class="soft">This hub does not tell who needs whom.</p>
      ) : (
        <div class="blast-sides">
          <Side title="Needs" nothing="It needs nobody." layers={radius.needs} {...{ fleet, act }} />
          <Side title="Hangs below it" nothing="Nobody needs it." layers={radius.below} {...{ fleet, act }} />
        </div>
      )}
      <p class="blast-standby">{standbyText(chosen, services)}</p>
    </aside>
  );
}

const count = (layers: readonly string[][]) => layers.reduce((sum, layer) => sum + layer.length, 0);

function summary({ name }: AgentView, { needs, below }: Radius): string {
  return `${name} needs ${countText(count(needs), "agent")}; ${countText(count(below), "agent")} ${count(below) === 1 ? "hangs" : "hang"} below it`;
}

interface SideProps extends Pick<BlastProps, "fleet" | "act"> {
  title: string;
  nothing: string;
  layers: string[][];
}

function Side({ title, nothing, layers, fleet, act }: SideProps) {
  const byId = new Map(fleet.agents.map((agent) => [idOf(agent), agent]));
  return (
    <section>
      <h4>
        {title} <span class="count">{layers.length === 0 ? "" : count(layers)}</span>
      </h4>
      {layers.length === 0 ? <p class="soft">{nothing}</p> : null}
      <ol class="steps">
        {layers.map((layer, at) => (
          <li key={at}>
            <span class="step">{at === 0 ? "directly" : `${at + 1} steps`}</span>
            <ul>
              {layer.slice(0, mostShown).map((id) => (
                <li key={id}>
                  <Link id={id} agent={byId.get(id)} act={act} />
                </li>
              ))}
              {layer.length > mostShown ? <li class="soft">and {layer.length - mostShown} more</li> : null}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Link({ id, agent, act }: { id: string; agent: AgentView | undefined; act: Actions }) {
  if (agent === undefined) return <>{id}</>;
  return (
    <button type="button" class={`chip is-${toneOfHealth[agent.health]}`} onClick={() => act.choose(id)}>
      <Mark tone={toneOfHealth[agent.health]} />
      {agent.name}
      <span class="unseen">
        {" "}
        on {agent.machine}, {agent.health}
      </span>
    </button>
  );
}

function standbyText({ name, machine }: AgentView, services: readonly ServiceJson[]): string {
  const service = services.find((one) => one.name === name && one.home === machine);
  if (service === undefined) return "It has no standby: while it is dead, what hangs below it is not served.";
  const { owner, standby, state, mode } = service;
  const health = service.instances[standby]?.health ?? "unknown";
  if (owner !== machine && state === "away") return `${owner} acts for it now, so what hangs below it is served.`;
  if (state === "held") return `Nobody acts for it now: ${service.reason}`;
  return health === "unhealthy" && mode !== "cold"
    ? `Its standby on ${standby} is ${health}, so nobody would take over.`
    : `If it dies, ${standby} takes over (${mode}), and what hangs below it stays served.`;
}
