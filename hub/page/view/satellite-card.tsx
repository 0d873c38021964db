/** A machine without a hub: its verdict, which hub asks its agents, and how they are. */
import type { AgentView, SatelliteView } from "../../http/api.ts";
import { AgentBar } from "./agent-bar.tsx";
import { type Look, Mark, Since, toneOfVerdict } from "./look.tsx";

export interface SatelliteCardProps {
  name: string;
  satellite: SatelliteView;
  agents: AgentView[];
  /** What people call the hub that asks. */
  hub: string;
  look: Look;
}

export function SatelliteCard({ name, satellite, agents, hub, look }: SatelliteCardProps) {
  const id = `machine-${name}`;
  const tone = toneOfVerdict[satellite.verdict];
  return (
    <article class={`machine satellite is-${tone}`} aria-labelledby={id}>
      <header>
        <h3 id={id}>{name}</h3>
        <p class="verdict">
          <Mark tone={tone} />
          {satellite.verdict}
        </p>
        <Since instant={satellite.since} look={look} />
      </header>
      {satellite.reason === "" ? null : <p class="satellite-why">{satellite.reason}</p>}
      <dl class="signs">
        <div>
          <dt>Asked by</dt>
          <dd>
            {hub} on {satellite.askedBy}
            {satellite.askedBy === satellite.watchedBy ? null : `, for ${satellite.watchedBy}`}
          </dd>
        </div>
      </dl>
      <AgentBar agents={agents} />
    </article>
  );
}
