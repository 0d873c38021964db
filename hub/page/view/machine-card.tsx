/** One machine of the pair: its verdict, its three servers, how it is heard, and how its agents are. */
import type { ComponentChildren } from "preact";
import type { AgentView, FleetView, MachineView, ServiceJson } from "../../http/api.ts";
import { countText, durationText } from "../words.ts";
import type { OperatorSeat } from "./actions.ts";
import { AgentBar } from "./agent-bar.tsx";
import { agoText, type Look, Mark, Since, toneOfVerdict } from "./look.tsx";
import { FormFor } from "./order-form.tsx";

export interface MachineCardProps {
  name: string;
  machine: MachineView;
  agents: AgentView[];
  /** Undefined while the hub does not tell them. */
  services: readonly ServiceJson[] | undefined;
  /** What the hub of this machine has room for; undefined where another one answers. */
  buffer: FleetView["buffer"];
  look: Look;
  operator: OperatorSeat | undefined;
}

export function MachineCard({ name, machine, agents, services, buffer, look, operator }: MachineCardProps) {
  const id = `machine-${name}`;
  return (
    <article class={`machine is-${toneOfVerdict[machine.verdict]}`} aria-labelledby={id}>
      <header>
        <h3 id={id}>{name}</h3>
        <p class="verdict">
          <Mark tone={toneOfVerdict[machine.verdict]} />
          {machine.verdict}
        </p>
        <Since instant={machine.since} look={look} />
      </header>
      <ul class="parts">
        <Part word="Hub" name={machine.hub.name} part={machine.hub} look={look} />
        <Part word="NATS" part={machine.nats} look={look} />
        <Part word="Pushgateway" part={machine.pushgateway} look={look} />
      </ul>
      <Signs machine={machine} look={look}>
        {services === undefined ? null : <Acting name={name} services={services} />}
        {buffer === undefined ? null : (
          <div>
            <dt>Buffer</dt>
            <dd>{durationText(buffer.secondsLeft * 1_000)} without NATS</dd>
          </div>
        )}
      </Signs>
      <AgentBar agents={agents} />
      {operator === undefined ? null : (
        <button type="button" class="deed" onClick={() => operator.act.open({ kind: "maintenance", target: name })}>
          Begin maintenance<span class="unseen"> of {name}</span>
        </button>
      )}
      <FormFor operator={operator} kind="maintenance" subject={name} />
    </article>
  );
}

interface PartProps {
  word: string;
  name?: string;
  part: MachineView["nats"];
  look: Look;
}

function Part({ word, name, part, look }: PartProps) {
  const address = part.url.replace(/^\w+:\/\//, "");
  return (
    <li class={`part is-${toneOfVerdict[part.verdict]}`}>
      <Mark tone={toneOfVerdict[part.verdict]} />
      <span class="part-name">
        {word}
        {name === undefined ? null : <span class="part-alias">{name}</span>}
      </span>
      <span class="part-verdict">{part.verdict}</span>
      <span class="part-url">{part.url.startsWith("http") ? <a href={part.url}>{address}</a> : address}</span>
      {part.verdict === "alive" ? null : (
        <span class="part-why">
          {part.reason === "" ? null : `${part.reason}, `}
          <Since instant={part.since} look={look} />
        </span>
      )}
    </li>
  );
}

/** How this machine is heard; of the one whose hub answers there is nothing to hear. */
function Signs({ machine, look, children }: { machine: MachineView; look: Look; children: ComponentChildren }) {
  return (
    <dl class="signs">
      {machine.self ? (
        <div>
          <dt>This page</dt>
          <dd>is fed by its hub</dd>
        </div>
      ) : (
        <>
          <div>
            <dt>Heard by NATS</dt>
            <dd>{agoText(machine.paths.nats, look)}</dd>
          </div>
          <div>
            <dt>Heard by HTTP</dt>
            <dd>{agoText(machine.paths.http, look)}</dd>
          </div>
        </>
      )}
      {machine.hub.verdict === "alive" ? (
        <div>
          <dt>Loop lag</dt>
          <dd>{machine.lagMs} ms</dd>
        </div>
      ) : null}
      {children}
    </dl>
  );
}

/** What this machine owns; the epochs tell how often things moved. */
function Acting({ name, services }: { name: string; services: readonly ServiceJson[] }) {
  const owned = services.filter(({ owner }) => owner === name);
  const highest = Math.max(0, ...owned.map(({ epoch }) => epoch));
  return (
    <div>
      <dt>Owns</dt>
      <dd>
        {countText(owned.length, "service")}
        {owned.length === 0 ? null : `, epochs up to ${highest}`}
      </dd>
    </div>
  );
}
