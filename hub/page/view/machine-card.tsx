/** One machine of the pair: its verdict, its three servers, how it is heard, and how its agents are. */
import type { AgentView, MachineView } from "../../http/api.ts";
import { AgentBar } from "./agent-bar.tsx";
import { agoText, type Look, Mark, Since, toneOfVerdict } from "./look.tsx";

export interface MachineCardProps {
  name: string;
  machine: MachineView;
  agents: AgentView[];
  look: Look;
}

export function MachineCard({ name, machine, agents, look }: MachineCardProps) {
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
      <Signs machine={machine} look={look} />
      <AgentBar agents={agents} />
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
function Signs({ machine, look }: { machine: MachineView; look: Look }) {
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
    </dl>
  );
}
