/** The agents that are not well, with their reasons in full: those who cannot hover read them here. */
import type { AgentView, AlertView, FleetView } from "../../http/api.ts";
import { idOf } from "../state.ts";
import { countText } from "../words.ts";
import { type Look, Mark, Since, toneOfHealth } from "./look.tsx";

const mostShown = 8;

const rank = { unhealthy: 0, degraded: 1, unknown: 2, healthy: 3 };

export interface AttentionProps {
  fleet: FleetView;
  /** Of an agent with an alert nothing more is to be said. */
  alerts: readonly AlertView[];
  look: Look;
}

export function Attention({ fleet, alerts, look }: AttentionProps) {
  const told = new Set(alerts.map(({ subject }) => subject));
  const ill = fleet.agents
    .filter((agent) => (agent.health === "unhealthy" || agent.health === "degraded") && !isToldByCard(agent, fleet))
    .filter((agent) => !told.has(idOf(agent)))
    .sort((a, b) => rank[a.health] - rank[b.health] || Date.parse(b.since) - Date.parse(a.since));
  if (ill.length === 0) return null;
  return (
    <section class="attention" aria-labelledby="attention-title">
      <h2 id="attention-title">Not well</h2>
      <ul class="rows">
        {ill.slice(0, mostShown).map((agent) => (
          <li key={`${agent.machine}/${agent.name}`}>
            <Mark tone={toneOfHealth[agent.health]} />
            <span class="who">
              <strong>{agent.name}</strong> on {agent.machine}
            </span>
            <span class={`what is-${toneOfHealth[agent.health]}`}>{agent.health}</span>
            <Since instant={agent.since} look={look} />
            <span class="why">{agent.reason}</span>
          </li>
        ))}
      </ul>
      {ill.length > mostShown ? <p>and {countText(ill.length - mostShown, "more agent")} below</p> : null}
    </section>
  );
}

/** A hub is an agent of its machine too; that it is dead, or a whole satellite, stands on the machine's card. */
function isToldByCard({ isHub, machine }: AgentView, { machines, satellites }: FleetView): boolean {
  const satellite = satellites[machine]?.verdict;
  if (satellite === "dead" || satellite === "isolated") return true;
  return isHub && machines[machine]?.hub.verdict !== "alive";
}
